import type { Aim, Measures, Part, Table } from '../part.ts'
import { SCALES } from '../scale.ts'
import type { Scale } from '../scale.ts'
import { takeTurns } from '../turns.ts'
import { DUAL_STACK, HOST } from './app.ts'
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
/** How often each server has its turn, before and while it is measured. */
const TURNS = 20
const MAP = '`Map` middleware'

/** Each app in a process of its own; and those that say as much as each other all in one, where differences are smaller. */
function tables(title: string, framework: Framework, apps: readonly App[]): readonly Table[] {
  const alike = apps.filter(({ name }) => !name.includes('draft'))
  const limiting = alike.filter(({ decides = true }) => decides)
  const admitted = { host: HOST, admits: true }
  const mapped = { host: DUAL_STACK, admits: true }
  const denied = { host: HOST, admits: false }
  const usual = apps.find(({ name }) => name.includes('rate-limit'))!
  const nearTheMap = { measure: 'cpuUs', per: MAP, atMost: 1.03 }
  const belowTheUsual = { measure: 'cpuUs', per: usual.name, atMost: 1 }
  const bothAims = [nearTheMap, belowTheUsual]
  return [
    table(title, apps, bothAims, async () =>
      (await Promise.all(apps.map((app) => serveApps(framework, [app], admitted)))).flat(),
    ),
    table(`${title}, in one process`, alike, bothAims, () => serveApps(framework, alike, admitted)),
    {
      ...table(`${title}, on \`::\`, in one process`, alike, bothAims, () => serveApps(framework, alike, mapped)),
      leftOut: ({ divisor }) => (divisor === SCALES.quick.divisor ? 'a quick run has no time for it' : undefined),
    },
    table(`${title}, denied, in one process`, limiting, [belowTheUsual], () => serveApps(framework, limiting, denied)),
  ]
}

function table(
  title: string,
  apps: readonly App[],
  aims: readonly Aim[],
  serve: () => Promise<readonly ServedApp[]>,
): Table {
  return {
    title,
    columns: { cpuUs: 'server CPU µs', wallUs: 'wall µs' },
    base: { row: MAP, measure: 'cpuUs' },
    cells: apps.map(({ name }) => ({ row: name, aims: name === '**ours**' ? aims : [] })),
    run: async (scale) => measure(await serve(), scale),
  }
}

async function measure(servers: readonly ServedApp[], { divisor }: Scale): Promise<readonly Measures[]> {
  // A quick run has no time to warm up.
  await request(servers, Math.ceil(WARM_UP / divisor ** 2 / TURNS))
  const measures = await request(servers, Math.ceil(REQUESTS / divisor / TURNS))
  await Promise.all(servers.map((server) => server.end()))
  return measures
}

/** Has each server answer so many requests in each of its turns. */
async function request(servers: readonly ServedApp[], requests: number): Promise<readonly Measures[]> {
  const spent = servers.map((server) => ({ server, cpuMs: 0, wallMs: 0 }))
  await takeTurns(TURNS, spent, async (one) => {
    const { cpuMs, wallMs } = await one.server.request(requests)
    one.cpuMs += cpuMs
    one.wallMs += wallMs
  })
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
