import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon')
const ATTACKER = '203.0.113.66'
const CLIENTS = 50
const REQUESTS_EACH = 20
const SECONDS = 10

/** What became of an attack on the demo, and of those who asked beside it. */
export interface Attack {
  /** How many ordinary clients asked, how often each, and how many of their requests were not admitted. */
  readonly asked: number
  readonly lost: number
  /** How many requests the attacker has sent, and how many of all requests the guard has let on to the limiter. */
  readonly sent: number
  readonly letOn: number
  /** What the attacker is told in the end. */
  readonly told: string
  /** What the demo said of its event loop. */
  readonly delay: string
}

/**
 * One attacker, as fast as a load generator is, and fifty ordinary clients beside it, some of its own network: each in an
 * address of its own, as a proxy on this machine would forward them.
 */
export async function attackDemo(): Promise<Attack> {
  const preload = new URL('event-loop-delay.fixture.ts', import.meta.url).href
  const demo = spawn(process.execPath, ['--import', preload, MAIN], {
    env: { ...process.env, PORT: '0', STORE: 'memory' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let origin: string | undefined
    for await (const line of createInterface(demo.stdout)) {
      origin ??= /http:\/\/localhost:\d+/.exec(line)?.[0]
      if (line.startsWith('Ctrl-C')) break
    }
    const ask = async (address: string) => fetch(`${origin}/api/data`, { headers: { 'x-forwarded-for': address } })
    const options = ['--json', '--connections', '10', '--duration', String(SECONDS)]
    const attack = promisify(execFile)(process.execPath, [
      AUTOCANNON,
      ...options,
      '--headers',
      `x-forwarded-for=${ATTACKER}`,
      `${origin}/api/data`,
    ])
    const statuses = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, i) =>
        askCalmly(async () => (await ask(`203.0.113.${100 + i}`)).status),
      ),
    )
    const { requests } = JSON.parse((await attack).stdout) as { requests: { sent: number } }
    const { detail, type } = (await (await ask(ATTACKER)).json()) as Record<string, string>
    const metrics = await (await fetch(`${origin}/metrics`)).text()
    const counts = [...metrics.matchAll(/^ratelimit_requests_total\{.*\} (\d+)/gm)].map(([, count]) => Number(count))
    const rest = text(demo.stdout)
    demo.kill('SIGTERM')
    return {
      asked: CLIENTS * REQUESTS_EACH,
      lost: statuses.flat().filter((status) => status !== 200).length,
      sent: requests.sent,
      letOn: counts.reduce((sum, count) => sum + count, 0),
      told: `${type} ${detail}`,
      delay: (await rest).trim(),
    }
  } finally {
    if (demo.exitCode === null) {
      demo.kill('SIGKILL')
      await once(demo, 'exit')
    }
  }
}

/** Asks now and then for as long as the attack lasts. */
async function askCalmly(ask: () => Promise<number>): Promise<number[]> {
  const statuses = []
  for (let i = 0; i < REQUESTS_EACH; i++) {
    statuses.push(await ask())
    await sleep((SECONDS * 1000) / REQUESTS_EACH)
  }
  return statuses
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await attackDemo())
