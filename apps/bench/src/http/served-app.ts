import { Pool } from 'undici'

import { startChild } from '../child.ts'
import type { Load } from '../load.ts'
import { HOST } from './app.ts'
import type { App } from './app.ts'
import { checkApp } from './check-app.ts'
import type { Framework } from './frameworks.ts'
import type { Ports } from './serve.ts'

/** An app in another process, and connections to it, which stay open. */
export interface ServedApp {
  /** Makes so many requests, all of which are to be admitted, or all denied. */
  readonly request: (amount: number) => Promise<Pick<Load, 'cpuMs' | 'wallMs'>>
  readonly end: () => Promise<void>
}

/** Where an app listens, and whether it is to admit the requests that it gets. */
export interface Setting {
  readonly host: string
  readonly admits: boolean
}

const SERVE = new URL('../../dist/http/serve.js', import.meta.url)
const CONNECTIONS = 32

/** Starts a process that serves the app, which has shown that it decides as it should. */
export async function serveApp(framework: Framework, app: App, { host, admits }: Setting): Promise<ServedApp> {
  const server = startChild(SERVE, [framework, host, app.name])
  const { plenty, strict } = await server.receive<Ports>()
  await checkApp(app, strict)
  // Who has been checked at the strict one is denied there.
  const [port, expected] = admits ? [plenty, 200] : [strict, 429]
  const pool = new Pool(`http://${HOST}:${port}`, { connections: CONNECTIONS, pipelining: 1 })
  const cpuMs = (): Promise<number> => {
    server.send('How much?')
    return server.receive<number>()
  }
  return {
    async request(amount) {
      let left = amount
      async function caller(): Promise<void> {
        while (left-- > 0) {
          const { statusCode, body } = await pool.request({ method: 'GET', path: '/' })
          if (statusCode !== expected)
            throw new Error(`Expected ${app.name} to answer ${expected} to all requests, got ${statusCode}`)
          await body.dump()
        }
      }
      const before = await cpuMs()
      const start = performance.now()
      await Promise.all(Array.from({ length: CONNECTIONS }, caller))
      const wallMs = performance.now() - start
      return { cpuMs: (await cpuMs()) - before, wallMs }
    },
    async end() {
      await pool.close()
      await server.end()
    },
  }
}
