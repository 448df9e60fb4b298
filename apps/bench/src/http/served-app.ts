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
  /** Makes so many requests, all of which are to be admitted. */
  readonly request: (amount: number) => Promise<Pick<Load, 'cpuMs' | 'wallMs'>>
  /** Sees to it that it decides as it should. */
  readonly check: () => Promise<void>
  readonly end: () => Promise<void>
}

const SERVE = new URL('../../dist/http/serve.js', import.meta.url)
const CONNECTIONS = 32

/** Starts a process that serves these apps. It ends with the first of them. */
export async function serveApps(framework: Framework, apps: readonly App[]): Promise<readonly ServedApp[]> {
  const server = startChild(SERVE, [framework, ...apps.map(({ name }) => name)])
  const ports = await server.receive<readonly Ports[]>()
  return apps.map((app, i) => servedBy(server, app, ports[i]!))
}

function servedBy(server: Child, app: App, { plenty, strict }: Ports): ServedApp {
  const pool = new Pool(`http://${HOST}:${plenty}`, { connections: CONNECTIONS, pipelining: 1 })
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
          if (statusCode !== 200) throw new Error(`Expected ${app.name} to admit all requests, got ${statusCode}`)
          await body.dump()
        }
      }
      const before = await cpuMs()
      const start = performance.now()
      await Promise.all(Array.from({ length: CONNECTIONS }, caller))
      const wallMs = performance.now() - start
      return { cpuMs: (await cpuMs()) - before, wallMs }
    },
    check: () => checkApp(app, strict),
    async end() {
      await pool.close()
      await server.end()
    },
  }
}
