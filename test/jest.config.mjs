/** Tests run as ES modules against the built packages; only the tests themselves are transformed. */
export default {
  rootDir: '.',
  testMatch: ['<rootDir>/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  setupFiles: ['<rootDir>/lane.mjs'],
  testSequencer: '<rootDir>/sequencer.mjs',
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 60_000,
  forceExit: false,
  // Modules of a test file stay in memory after it: a worker that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
};
