import { Pool } from 'undici'

import { startChild } from '../child.ts'
import type { Child } from '../child.ts'
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

/** Where apps listen, and whether they are to admit the requests that they get. */
export interface Setting {
  readonly host: string
  readonly admits: boolean
}

const SERVE = new URL('../../dist/http/serve.js', import.meta.url)
const CONNECTIONS = 32

/** Starts a process that serves these apps, which have shown that they decide as they should. It ends with the first of them. */
export async function serveApps(
  framework: Framework,
  apps: readonly App[],
  { host, admits }: Setting,
): Promise<readonly ServedApp[]> {
  const server = startChild(SERVE, [framework, host, ...apps.map(({ name }) => name)])
  const ports = await server.receive<readonly Ports[]>()
  for (const [i, app] of apps.entries()) await checkApp(app, ports[i]!.strict)
  // Who has been checked at the strict one is denied there.
  return apps.map(({ name }, i) =>
    servedBy(server, name, admits ? ports[i]!.plenty : ports[i]!.strict, admits ? 200 : 429),
  )
}

function servedBy(server: Child, name: string, port: number, expected: number): ServedApp {
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
            throw new Error(`Expected ${name} to answer ${expected} to all requests, got ${statusCode}`)
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
