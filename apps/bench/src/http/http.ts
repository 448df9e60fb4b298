import type { Measures, Part, Table } from '../part.ts'
import type { Scale } from '../scale.ts'
import type { App } from './app.ts'
import { expressApps } from './express-apps.ts'
import { fastifyApps } from './fastify-apps.ts'
import type { Framework } from './frameworks.ts'
import { honoApps } from './hono-apps.ts'
import { serveApps } from './served-app.ts'
import type { ServedApp } from './served-app.ts'

const REQUESTS = 40_000
/** After so many, the compiler's threads take 0.2 to 0.3 µs a request; after 20,000 it is 0.5 to 1.4, more where there is more to compile. */
const WARM_UP = 100_000
/** How often each server has its turn, before and while it is measured. Even, so that each is as often early as late. */
const TURNS = 20
const MAP = '`Map` middleware'

/** Each app in a process of its own, and those that say as much as each other once more, all in one. */
function tables(title: string, framework: Framework, apps: readonly App[]): readonly Table[] {
  const alike = apps.filter(({ name }) => !name.includes('draft'))
  return [
    table(title, apps, async () => (await Promise.all(apps.map((app) => serveApps(framework, [app])))).flat()),
    table(`${title}, in one process`, alike, () => serveApps(framework, alike)),
  ]
}

function table(title: string, apps: readonly App[], serve: () => Promise<readonly ServedApp[]>): Table {
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
    })),
    run: async (scale) => measure(await serve(), scale),
  }
}

async function measure(servers: readonly ServedApp[], { divisor }: Scale): Promise<readonly Measures[]> {
  // A quick run has no time to warm up.
  await takeTurns(servers, Math.ceil(WARM_UP / divisor ** 2 / TURNS))
  const measures = await takeTurns(servers, Math.ceil(REQUESTS / divisor / TURNS))
  for (const server of servers) await server.check()
  await Promise.all(servers.map((server) => server.end()))
  return measures
}

/**
 * Has each server answer so many requests, then each in the opposite order, and so on: a minute in which the machine is slow
 * is slow for all.
 */
async function takeTurns(servers: readonly ServedApp[], requests: number): Promise<readonly Measures[]> {
  const spent = servers.map((server) => ({ server, cpuMs: 0, wallMs: 0 }))
  for (let turn = 0; turn < TURNS; turn++) {
    for (const one of turn % 2 === 0 ? spent : spent.toReversed()) {
      const { cpuMs, wallMs } = await one.server.request(requests)
      one.cpuMs += cpuMs
      one.wallMs += wallMs
    }
  }
  const usOf = (ms: number): number => (1000 * ms) / (TURNS * requests)
  return spent.map(({ cpuMs, wallMs }) => ({ cpuUs: usOf(cpuMs), wallUs: usOf(wallMs) }))
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
    'undici',
  ],
  tables: [
    ...tables('Express', 'express', expressApps),
    ...tables('Fastify', 'fastify', fastifyApps),
    ...tables('Hono', 'hono', honoApps),
  ],
}
