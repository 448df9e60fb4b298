import { startRedis, type RedisServer } from './start-redis.ts'
import { waitUntil } from './wait-until.ts'

/** What {@link startSentinel} is to do otherwise than by default. */
export interface SentinelOptions {
  /** How many sentinels; three need a majority, and some seconds to find each other. @default 1 */
  readonly sentinels?: 1 | 3
}

/** A master and a replica, watched by sentinels. */
export interface RedisSentinel {
  /** What the sentinels call the master. */
  readonly name: string
  readonly sentinels: readonly RedisServer[]
  /** The master at the start. */
  readonly master: RedisServer
  /** The replica at the start. */
  readonly replica: RedisServer
  /** The port of whom the first sentinel calls the master now. */
  masterPort: () => Promise<number>
  stop: () => Promise<void>
}

const name = 'main'

/**
 * Starts a master with a replica, and sentinels that promote the replica about a second after the master has died. When
 * the promise is fulfilled, they are ready to.
 */
export async function startSentinel({ sentinels: count = 1 }: SentinelOptions = {}): Promise<RedisSentinel> {
  const master = await startRedis()
  const replica = await startRedis({ args: ['--replicaof', master.host, String(master.port)] })
  // What a sentinel learns when it comes, it would otherwise learn up to ten seconds later.
  await waitUntil('the replica is in step', async () => /state=online/.test(await master.cli('INFO', 'replication')))

  const startOne = (): Promise<RedisServer> =>
    startRedis({
      args: ['--sentinel'],
      config: [
        `sentinel monitor ${name} ${master.host} ${master.port} ${Math.ceil(count / 2)}`,
        `sentinel down-after-milliseconds ${name} 500`,
        `sentinel failover-timeout ${name} 1000`,
      ].join('\n'),
    })
  const sentinels = await Promise.all(Array.from({ length: count }, startOne))
  await Promise.all(
    sentinels.map(async ({ cli }) => {
      await waitUntil('the sentinel knows everyone', async () => {
        const known = await cli('SENTINEL', 'MASTER', name)
        return known.includes('\nnum-slaves\n1\n') && known.includes(`\nnum-other-sentinels\n${count - 1}\n`)
      })
    }),
  )

  return {
    name,
    sentinels,
    master,
    replica,
    async masterPort() {
      const [, port] = (await sentinels[0]!.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)).split('\n')
      return Number(port)
    },
    async stop() {
      await Promise.all([...sentinels, replica, master].map((server) => server.stop()))
    },
  }
}
