import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryAdapter, MemoryClinic } from '/work/wt-fleet/src/adapters/memory/index.js';
import { ClinicFleet } from '/work/wt-fleet/src/index.js';
import { sqliteMirror } from '/work/wt-fleet/src/mirror/sqlite/index.js';

const n = Number(process.argv[2] ?? 1000);
const mirrorKind = process.argv[3] ?? 'sqlite';
const secs = Number(process.argv[4] ?? 10);
const ZONE = 'Australia/Melbourne';
const MINUTE = 60_000, DAY = 86_400_000;
const tomorrow = Math.floor(Date.now() / DAY) * DAY + DAY;
const clinic = new MemoryClinic('db');
  for (let i = 0; i < 40; i++) clinic.put({ id: String(i), kind: 'appointment', practitionerIds: [`p${i % 3}`], locationId: 'main', start: tomorrow + (i % 20) * DAY + i * 15 * MINUTE, end: tomorrow + (i % 20) * DAY + (i + 1) * 15 * MINUTE, zone: ZONE, slotMs: null });
  for (let i = 0; i < 20; i++) clinic.put({ id: `s${i}`, kind: 'session', practitionerIds: [`p${i % 3}`], locationId: 'main', start: tomorrow + i * DAY, end: tomorrow + i * DAY + 480 * MINUTE, zone: ZONE, slotMs: 15 * MINUTE });
let pulses = 0; const clinics = Array.from({ length: n }, () => { const a = memoryAdapter({ clinic, zone: ZONE, capabilities: { push: false, awaitPulse: process.argv[5] === "await" } }); return { ...a, connect: (o: any) => a.connect(o).map((l: any) => { const p = l.pulse; l.pulse = (s: any) => { pulses++; return p.call(l, s); }; return l; }) }; });
const gc = () => { for (let i = 0; i < 5; i++) (globalThis as any).gc(); };
const folder = mkdtempSync(join(tmpdir(), 'fl-'));
// warm: one fleet of few
{
  const f = new ClinicFleet({ mirror: sqliteMirror({ path: join(folder, 'warm') }) });
  for (let i = 0; i < 3; i++) (await f.add({ clinicId: `w${i}`, adapter: clinics[i]! }))._unsafeUnwrap();
  await sleep(500); await f.stop();
}
await sleep(200); gc(); await sleep(200); gc();
const mem0 = process.memoryUsage();
const fleet = new ClinicFleet(mirrorKind === 'sqlite' ? { mirror: sqliteMirror({ path: join(folder, 'm') }) } : {});
let t0 = performance.now(); let elu0 = performance.eventLoopUtilization();
let maxLag = 0; let last = performance.now();
const lag = setInterval(() => { const now = performance.now(); if (now-last>150) console.log("  lag", (now-last).toFixed(0), "at", (now/1000).toFixed(1)); maxLag = Math.max(maxLag, now - last - 10); last = now; }, 10);
for (let i = 0; i < n; i++) (await fleet.add({ clinicId: `c${i}`, adapter: clinics[i]!, tuning: JSON.parse(process.env.TUNING ?? "{}") }))._unsafeUnwrap();
console.log('added', (performance.now() - t0).toFixed(0), 'ms');
while (fleet.status.phases.live < n) await sleep(50);
console.log('all live', (performance.now() - t0).toFixed(0), 'ms; max lag', maxLag.toFixed(0));
// make them quiet at once
const force = Number(process.env.QUIET ?? 1);
if (force) for (const c of fleet) { const w = (c as any).supervisor.session.watch; w.lastActivity = -1e9; }
await sleep(3000);
gc(); await sleep(300); gc();
const mem1 = process.memoryUsage();
console.log('heap per clinic KB', ((mem1.heapUsed - mem0.heapUsed) / n / 1024).toFixed(1), 'external', ((mem1.external - mem0.external) / n / 1024).toFixed(1), 'rss', ((mem1.rss - mem0.rss) / n / 1024).toFixed(1));
const { Session } = await import('node:inspector/promises');
const session = new Session(); session.connect();
if (process.env.PROF) { await session.post('Profiler.enable'); await session.post('Profiler.start'); }
maxLag = 0;
pulses = 0; const th0 = process.threadCpuUsage(); elu0 = performance.eventLoopUtilization(); const c0 = process.cpuUsage(); t0 = performance.now();
await sleep(secs * 1000);
const c = process.cpuUsage(c0); console.log("pulses/s", pulses / secs, "main thread %", ((u => (u.user+u.system)/1000)(process.threadCpuUsage(th0)) / (performance.now()-t0)*100).toFixed(1), "elu", (performance.eventLoopUtilization(elu0).utilization*100).toFixed(1));
console.log('cpu %', (((c.user + c.system) / 1000) / (performance.now() - t0) * 100).toFixed(1), 'user', (c.user/10000/secs).toFixed(1), 'sys', (c.system/10000/secs).toFixed(1), 'lag', maxLag.toFixed(0));
if (process.env.PROF) { const { profile } = await session.post('Profiler.stop'); (await import('node:fs')).writeFileSync('/tmp/fl/prof/x.cpuprofile', JSON.stringify(profile)); }
t0 = performance.now(); maxLag = 0;
clearInterval(lag);
await fleet.stop();
console.log('stopped', (performance.now() - t0).toFixed(0), 'ms');
rmSync(folder, { recursive: true });
process.exit(0);
