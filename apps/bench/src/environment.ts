import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

/** On what, and with what, something was measured. */
export interface Environment {
  readonly date: string
  readonly command: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly versions: Readonly<Record<string, string>>
}

/** @param packages Of those that `package.json` lists; `redis-server` is the one on the PATH. */
export function environmentOf(command: string, packages: readonly string[]): Environment {
  return {
    date: new Date().toISOString().slice(0, 10),
    command,
    cpu: cpus()[0]?.model.trim() ?? 'an unknown processor',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    versions: { node: process.versions.node, ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])) },
  }
}

/** In one paragraph. */
export function environmentText({ date, command, cpu, cores, memoryGb, versions }: Environment): string {
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const isQuick = / --quick\b/.test(command)
  const warning = isQuick ? ' With `--quick`, so with a tenth of the keys, and hardly warmed up: nothing to quote.' : ''
  return `Measured on ${date} by \`${command}\` on ${cpu}, ${cores} cores, ${memoryGb} GB, with ${all.join(', ')}.${warning}`
}

function versionOf(name: string): string {
  if (name === 'redis-server') {
    return / v=(\S+)/.exec(execFileSync(name, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'of an unknown version'
  }
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
