import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCluster, type RedisCluster } from './start-cluster.ts'

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(async () => {
  await cluster.stop()
})

it('serves all slots from three masters', async () => {
  for (const node of cluster.nodes) {
    const info = await node.cli('CLUSTER', 'INFO')
    expect(info).toContain('cluster_state:ok')
    expect(info).toContain('cluster_slots_assigned:16384')
    expect(info).toContain('cluster_size:3')
    expect(await node.cli('ROLE')).toContain('master')
  }
  // The slots of these keys belong to the third, the first and the second.
  for (const key of ['a', 'b', 'c']) expect(await cluster.nodes[0].cli('-c', 'SET', key, '1')).toContain('OK')
})

it('takes a restarted node back, with its slots and without its keys', { timeout: 20_000 }, async () => {
  const [first] = cluster.nodes
  await first.cli('-c', 'SET', 'b', '1')
  await Promise.all(cluster.nodes.map((node) => node.restart()))
  await cluster.ready()
  expect(await first.cli('-c', 'EXISTS', 'b')).toContain('0')
  expect(await first.cli('CLUSTER', 'INFO')).toContain('cluster_slots_ok:16384')
})
