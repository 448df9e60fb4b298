import autocannon from 'autocannon'

import { startChild } from '../child.ts'
import type { Measures, Part, Table } from '../part.ts'
import type { Scale } from '../scale.ts'
import { HOST } from './app.ts'
import type { App } from './app.ts'
import { checkApp } from './check-app.ts'
import { expressApps } from './express-apps.ts'
import { fastifyApps } from './fastify-apps.ts'
import type { Framework } from './frameworks.ts'
import { honoApps } from './hono-apps.ts'
import type { Ports } from './serve.ts'

const SERVE = new URL('../../dist/http/serve.js', import.meta.url)
const REQUESTS = 40_000
/** After so many, the compiler's threads take 0.2 to 0.3 µs a request; after 20,000 it is 0.5 to 1.4, more where there is more to compile. */
const WARM_UP = 100_000
const CONNECTIONS = 32
const MAP = '`Map` middleware'

function table(title: string, framework: Framework, apps: readonly App[]): Table {
  const usual = apps.find(({ name }) => name.includes('rate-limit'))!
  return {
    title,
    columns: { cpuUs: 'server CPU µs', wallUs: 'wall µs' },
    base: { row: MAP, measure: 'cpuUs' },
    cells: apps.map((app) => ({
      row: app.name,
      aims:
        app.name === '**ours**'
          ? [
              { measure: 'cpuUs', per: MAP, atMost: 1.03 },
              { measure: 'cpuUs', per: usual.name, atMost: 1 },
            ]
          : [],
      run: (scale) => measure(framework, app, scale),
    })),
  }
}

async function measure(framework: Framework, app: App, { divisor }: Scale): Promise<Measures> {
  const requests = REQUESTS / divisor
  const server = startChild(SERVE, [framework, app.name])
  const cpuMs = (): Promise<number> => {
    server.send('How much?')
    return server.receive<number>()
  }
  try {
    const { plenty, strict } = await server.receive<Ports>()
    // A quick run has no time to warm up.
    await request(plenty, Math.ceil(WARM_UP / divisor ** 2))
    const before = await cpuMs()
    const seconds = await request(plenty, requests)
    const after = await cpuMs()
    await checkApp(app, strict)
    return { cpuUs: (1000 * (after - before)) / requests, wallUs: (1e6 * seconds) / requests }
  } finally {
    await server.end()
  }
}

/** Makes so many requests, all of which are to be admitted, and answers in how many seconds. */
async function request(port: number, amount: number): Promise<number> {
  // It ends with a sample, and takes one a second unless told otherwise.
  const load = { amount, connections: Math.min(CONNECTIONS, amount), sampleInt: 10 }
  const result = await autocannon({ url: `http://${HOST}:${port}/`, ...load })
  if (result['2xx'] !== amount) throw new Error(`Expected ${amount} requests to be admitted, got ${result['2xx']}`)
  return result.duration
}

/** Hello, over HTTP on the loopback interface. */
export const http: Part = {
  packages: [
    'express',
    'express-rate-limit',
    'fastify',
    '@fastify/rate-limit',
    'hono',
    '@hono/node-server',
    'hono-rate-limiter',
    'autocannon',
  ],
  tables: [
    table('Express', 'express', expressApps),
    table('Fastify', 'fastify', fastifyApps),
    table('Hono', 'hono', honoApps),
  ],
}
