import { startRedis, type RedisServer } from './start-redis.ts'
import { waitUntil } from './wait-until.ts'

/** Three masters, each with a third of the slots. */
export interface RedisCluster {
  readonly nodes: readonly [RedisServer, RedisServer, RedisServer]
  /** Waits until every node can serve all slots: about two seconds after one was restarted. */
  ready: () => Promise<void>
  stop: () => Promise<void>
}

const slotRanges = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
]

/**
 * Starts a Redis Cluster of three masters without replicas, which serves all slots when the promise is fulfilled. A node
 * that is restarted comes back with its slots, and without its keys.
 */
export async function startCluster(): Promise<RedisCluster> {
  const startNode = (): Promise<RedisServer> => startRedis({ args: ['--cluster-enabled', 'yes'] })
  const nodes = await Promise.all([startNode(), startNode(), startNode()])
  // Unlike `redis-cli --cluster create`, everyone is introduced to everyone: gossip can take many seconds.
  for (const [index, { cli }] of nodes.entries()) {
    await cli('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
    await cli('CLUSTER', 'ADDSLOTSRANGE', ...slotRanges[index]!)
  }
  for (const [index, { cli }] of nodes.entries()) {
    for (const other of nodes.slice(index + 1)) await cli('CLUSTER', 'MEET', other.host, String(other.port))
  }

  async function ready(): Promise<void> {
    const serves = async ({ cli }: RedisServer): Promise<boolean> =>
      (await cli('CLUSTER', 'INFO')).startsWith('cluster_state:ok')
    await Promise.all(nodes.map((node) => waitUntil('the cluster serves all slots', () => serves(node))))
  }

  await ready()
  return {
    nodes,
    ready,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}
