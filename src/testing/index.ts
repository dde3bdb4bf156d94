/**
 * `clinic-sync/testing`: what a new adapter or mirror has to pass, and the parts to test a host against faults. Needs no test
 * runner of its own.
 */
export {
  adapterCases,
  registerAdapterConformance,
  type AdapterCapabilities,
  type AdapterConformanceOptions,
  type AdapterHarness,
  type OpenTransaction,
  type Receptionist,
  type TestClinic,
  type Writing,
} from './adapter-conformance.js';
export { faultyAdapter, type HintFate, type Road } from './faulty-adapter.js';
export { faultyMirror, type DiskFaults } from './faulty-mirror.js';
export {
  MIRROR_CASES,
  registerMirrorConformance,
  type MirrorConformanceOptions,
  type MirrorHarness,
  type MirrorStore,
  type TestRunner,
} from './mirror-conformance.js';
export { Random } from './random.js';
export { VirtualProcess, VirtualTime } from './virtual-time.js';
export {
  TcpProxy,
  type Direction,
  type HeldBytes,
  type ProxyMode,
  type ProxyTarget,
  type RoadOptions,
  type Traffic,
} from './tcp-proxy.js';
