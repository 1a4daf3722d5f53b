/* Everything but the registry's client, which is heavy: import that as `@keiro/runtime/registry`. */
export * from './call.ts';
export * from './clients.ts';
export * from './config.ts';
export * from './errors.ts';
export * from './http.ts';
export * from './kafka-types.ts';
export * from './kafka.ts';
export * from './lag.ts';
export * from './lifecycle.ts';
export * from './log.ts';
export * from './metrics.ts';
export * from './mongo.ts';
export * from './person.ts';
export * from './policy.ts';
export * from './redis.ts';
export * from './route.ts';
export * from './wait.ts';
