/** What may import what: services know schemas, runtime and sdk; never each other. */
const service = '^services/(?!runtime|sdk)([^/]+)/';
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'services-stand-alone',
      severity: 'error',
      from: { path: service },
      to: { path: '^services/', pathNot: ['^services/(runtime|sdk)/', '^services/$1/'] },
    },
    {
      name: 'services-know-no-scripts',
      severity: 'error',
      from: { path: '^(services|schemas)/' },
      to: { path: '^(scripts|infra|test)/' },
    },
    {
      name: 'schemas-know-nobody',
      severity: 'error',
      from: { path: '^schemas/' },
      to: { path: '^(services|infra|scripts|test)/' },
    },
    {
      name: 'runtime-knows-schemas-only',
      severity: 'error',
      from: { path: '^services/runtime/' },
      to: { path: '^services/(?!runtime/)' },
    },
    {
      name: 'infra-is-below-scripts',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(scripts|test)/' },
    },
    {
      name: 'one-file-imports-kafkajs',
      severity: 'error',
      from: { pathNot: '^services/runtime/src/kafka\\.ts$' },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'one-file-imports-the-registry-client',
      severity: 'error',
      from: { pathNot: '^services/runtime/src/registry\\.ts$' },
      to: { path: 'node_modules/@confluentinc/schemaregistry/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      // The tools of scripts/quality are the root's.
      from: { pathNot: '^scripts/quality/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'all-resolve', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
