import { mkdtempSync } from 'node:fs'
import { deliveries } from './deliveries.ts'
import { sendAll } from './load.ts'
import { installPeers, startPeer, startStub } from './programs.ts'
import { startMakegood } from './targets.ts'
const folder = mkdtempSync('/dev/shm/p13b-bench-')
await installPeers()
const stub = await startStub()
for (const [n, t] of [['red', await startPeer('node-red', folder, stub.url)]] as const) {
  const before = (await stub.told()).invoices
  const r = await sendAll(deliveries('/webhooks/stripe', 'adjusted', 0, 200), { port: t.port, connections: 8 })
  console.log(n, 200 / r.seconds, r.statuses, r.lastAnswer.slice(-200))
  await new Promise((x) => setTimeout(x, 8000)); console.log((await stub.told()).invoices - before)
  if (n === 'ours') console.log(await (await fetch(`http://127.0.0.1:${t.port}/api/v1/links?limit=2`, { headers: { 'x-api-key': 'ck_mg_bench_0123456789abcdef' } })).text(), (await (await fetch(`http://127.0.0.1:${t.port}/api/v1/adjustments?limit=1`, { headers: { 'x-api-key': 'ck_mg_bench_0123456789abcdef' } })).text()).slice(0, 1500))
  await t.stop()
}
stub.stop(); process.exit()
