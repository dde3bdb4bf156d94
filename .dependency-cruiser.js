/** The layers of docs/ARCHITECTURE.md, as rules. @type {import('dependency-cruiser').IConfiguration} */
const PORTS = '^src/(adapters/(adapter|writer)|mirror/mirror)[.]ts$';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-type-cycles-between-rooms',
      comment: 'Types may refer to each other within a room; between rooms not even they.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { circular: true, pathNot: '^src/$1/' },
    },
    {
      name: 'not-in-package-json',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-packages',
      comment: 'What a host installs has no devDependencies. Drivers are optional peers, and listed as such.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'npm-optional', 'type-only'] },
    },
    {
      name: 'domain-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: '^src/', pathNot: '^src/domain/' },
    },
    {
      name: 'ports-import-domain-only',
      severity: 'error',
      from: { path: PORTS },
      to: { path: '^src/', pathNot: ['^src/domain/', PORTS] },
    },
    {
      name: 'engine-knows-domain-and-the-ports',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: '^src/', pathNot: ['^src/(domain|engine)/', PORTS] },
    },
    {
      name: 'host-knows-domain-and-engine',
      severity: 'error',
      from: { path: '^src/host/' },
      to: { path: '^src/', pathNot: '^src/(domain|engine|host)/' },
    },
    {
      name: 'adapters-know-domain-their-port-and-sql',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: {
        path: '^src/',
        pathNot: ['^src/domain/', '^src/adapters/(adapter|writer)[.]ts$', '^src/adapters/(sql|$1)/'],
      },
    },
    {
      name: 'sql-knows-no-engine',
      severity: 'error',
      from: { path: '^src/adapters/sql/' },
      to: { path: '^src/adapters/(?!sql/|(adapter|writer)[.]ts$)' },
    },
    {
      name: 'presets-know-the-schema',
      comment: 'They are data: which adapter reads with them is the host’s choice.',
      severity: 'error',
      from: { path: '^src/presets/' },
      to: { path: '^src/', pathNot: ['^src/presets/', '^src/adapters/sql/index[.]ts$'] },
    },
    {
      name: 'mirrors-know-domain-and-their-port',
      severity: 'error',
      from: { path: '^src/mirror/([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/domain/', '^src/mirror/mirror[.]ts$', '^src/mirror/$1/'] },
    },
    {
      name: 'fleet-knows-clinics-as-their-host-does',
      comment: 'It holds many, and shares among them what the engine asks for by a port.',
      severity: 'error',
      from: { path: '^src/fleet/' },
      to: { path: '^src/', pathNot: '^src/(domain|engine|host|fleet)/|^src/clinic-(sync|options)[.]ts$' },
    },
    {
      name: 'clinic-sync-is-the-top',
      comment: 'Above it stands only the fleet, which holds many.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((index|clinic-sync|clinic-fleet)[.]ts$|fleet/|cli/)' },
      to: { path: '^src/(clinic-sync|clinic-options|clinic-fleet|index)[.]ts$' },
    },
    {
      name: 'cli-is-a-host',
      comment: 'It knows what every host can import, and nothing else.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(cli/|index[.]ts$|(adapters/(sqlite|postgres|mysql|mssql|memory)|presets|mirror/sqlite)/index[.]ts$)',
      },
    },
    {
      name: 'nothing-knows-the-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'root-loads-no-driver',
      severity: 'error',
      from: { path: '^src/index[.]ts$' },
      to: {
        path: '(^|/)(pg|mysql2|tedious|node:sqlite|sqlite)($|/)|^src/(adapters|mirror)/(?!memory/|mirror|adapter|writer)',
        reachable: true,
      },
    },
    {
      name: 'no-test-tools-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|examples|scripts)/|node_modules/(vitest|fast-check)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    detectProcessBuiltinModuleCalls: true,
  },
};
