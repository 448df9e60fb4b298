import { parentPort } from 'node:worker_threads'
import { startRedis } from './start-redis.ts'

/** What the process or thread tells about the server that it has started. It throws on any message. */
export interface Told {
  readonly pid: number
  readonly port: number
  readonly folder: string
}

const redis = await startRedis()
const [, folder] = (await redis.cli('CONFIG', 'GET', 'dir')).split('\n')
const told: Told = { pid: redis.pid, port: redis.port, folder: folder! }

const parent = parentPort ?? process
parent.on('message', () => {
  throw new Error('a test has crashed')
})
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a page's postMessage that has one
if (parentPort) parentPort.postMessage(told)
else process.send!(told)
