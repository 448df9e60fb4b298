import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createDemo } from '../create-demo.ts'
import type { Demo } from '../create-demo.ts'
import type { LiveState } from '../page/messages.ts'

/** The demo, served in this process, so that its limiter can be asked. */
export interface ServedDemo extends Pick<Demo, 'limiter' | 'guard'> {
  readonly origin: string
  /** What an open page is told first. */
  state: () => Promise<LiveState>
  /** Cuts all connections and refuses new ones, until `comeBack`. */
  goAway: () => Promise<void>
  comeBack: () => Promise<void>
  close: () => Promise<void>
}

export async function serveDemo(env: NodeJS.ProcessEnv = {}): Promise<ServedDemo> {
  const demo = await createDemo({ STORE: 'memory', ...env })
  let server = await listening(0)
  const { port } = server.address() as AddressInfo
  const origin = `http://localhost:${port}`

  async function listening(onPort: number): Promise<Server> {
    const started = createServer(demo.listener).listen(onPort)
    await once(started, 'listening')
    return started
  }

  async function goAway(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  return {
    limiter: demo.limiter,
    guard: demo.guard,
    origin,
    async state() {
      const ending = new AbortController()
      const answer = await fetch(`${origin}/demo/events`, { signal: ending.signal })
      let told = ''
      for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
        told += text
        if (/^data: .*\n\n/m.test(told)) break
      }
      ending.abort()
      return JSON.parse(/^data: (.*)$/m.exec(told)![1]!) as LiveState
    },
    goAway,
    async comeBack() {
      server = await listening(port)
    },
    async close() {
      await goAway()
      await demo.close()
    },
  }
}
