import type { z } from 'zod';
import { access } from './access.ts';
import { campaign } from './campaign.ts';
import { cookie } from './cookie.ts';
import { inquiry } from './inquiry.ts';
import { payment } from './payment.ts';
import { profile } from './profile.ts';
import { registration } from './registration.ts';

/** Every type of event, in the order of the policy's categories C1 to C7. */
export const catalogue = { registration, profile, cookie, access, payment, campaign, inquiry };

export type EventType = keyof typeof catalogue;
export const eventTypes = Object.keys(catalogue) as [EventType, ...EventType[]];

export type EventDefinition = (typeof catalogue)[EventType];

/** An event as a producer sends it: CloudEvents 1.0 with the fields of its type in `data`, in plain text. */
export type EventOf<T extends EventType> = z.infer<(typeof catalogue)[T]['schema']>;
export type CollectionEvent = { [T in EventType]: EventOf<T> }[EventType];

export function isEventType(type: unknown): type is EventType {
  return typeof type === 'string' && Object.hasOwn(catalogue, type);
}
