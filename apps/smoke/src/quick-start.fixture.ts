import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { onFreePort } from '@rl/test-servers'

import { run } from './packed-project.fixture.ts'
import type { PackedPackage } from './packed-project.fixture.ts'

/** What somebody got who has done as a README says. */
interface QuickStart {
  readonly code: string
  /** How many requests were admitted before the first that was not. */
  readonly admitted: number
  readonly denial: Response
  /** From the empty folder to that answer. */
  readonly totalMs: number
  /** The part of it that `npm install` took. */
  readonly installMs: number
}

const README_PORT = '3000'
const MOST_REQUESTS = 200

/**
 * Does in an empty folder what the README of an adapter says first: installs, copies the code, starts it, and sends
 * requests until one is denied.
 */
export async function quickStart(name: string, packed: readonly PackedPackage[]): Promise<QuickStart> {
  const readme = readFileSync(`packages/${name.slice('@rl/'.length)}/README.md`, 'utf8')
  const [install = '', start = ''] = fences(readme, 'sh')
  const [code = ''] = fences(readme, 'ts')
  const tarballs = new Map(packed.map(({ manifest, tarball }) => [manifest.name, tarball]))
  const { dependencies, devDependencies } = packed.find(({ manifest }) => manifest.name === name)!.manifest
  const own = Object.keys({ ...dependencies }).flatMap((dependency) => tarballs.get(dependency) ?? [])
  // Ours are not published yet; the others in the versions that they are tested with.
  const args = install.trim().split(' ').slice(1)
  const sources = args.map(
    (arg) => tarballs.get(arg) ?? (devDependencies?.[arg] ? `${arg}@${devDependencies[arg]}` : arg),
  )

  const begun = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'rl-quick-start-'))
  try {
    const settings = ['--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund']
    await run('npm', [...sources, ...own, ...settings], { cwd: folder })
    const installMs = performance.now() - begun
    return await onFreePort(async (port) => {
      await writeFile(join(folder, 'server.mjs'), code.replaceAll(README_PORT, String(port)))
      const { admitted, denial } = await untilDenied(start.trim(), folder, `http://localhost:${port}/`)
      return { code, admitted, denial, totalMs: performance.now() - begun, installMs }
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

function fences(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text)
}

async function untilDenied(
  command: string,
  folder: string,
  url: string,
): Promise<{ readonly admitted: number; readonly denial: Response }> {
  const server = spawn('sh', ['-c', `exec ${command}`], { cwd: folder, stdio: ['ignore', 'inherit', 'pipe'] })
  let complaints = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  try {
    for (let admitted = 0; admitted < MOST_REQUESTS; admitted++) {
      const answer = await firstAnswer(url, () => {
        if (server.exitCode === null) return
        const code = complaints.includes('EADDRINUSE') ? 'EADDRINUSE' : undefined
        throw Object.assign(new Error(`The server has ended: ${complaints}`), { code })
      })
      // Read while the server is there.
      const body = await answer.text()
      if (answer.status !== 200) return { admitted, denial: new Response(body, answer) }
    }
    throw new Error(`Expected one of ${MOST_REQUESTS} requests to be denied`)
  } finally {
    server.kill('SIGKILL')
  }
}

/** Asks again until somebody listens. */
async function firstAnswer(url: string, check: () => void): Promise<Response> {
  for (;;) {
    try {
      return await fetch(url)
    } catch {
      check()
      await sleep(10)
    }
  }
}
