import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startRedis } from '@rl/test-servers'
import { Redis } from 'ioredis'
import { describe, it } from 'vitest'

import { checkContender } from './contender.ts'
import { HOST } from './http/app.ts'
import { checkApp } from './http/check-app.ts'
import { FRAMEWORKS } from './http/frameworks.ts'
import type { Framework } from './http/frameworks.ts'
import { CONTENDERS as IN_MEMORY } from './memory/contenders.ts'
import { CONTENDERS as IN_REDIS } from './redis/contenders.ts'
import { CONTENDERS as IN_FILES } from './sqlite/contenders.ts'

describe('every contender admits what it should', () => {
  it('in memory', async () => {
    for (const contender of IN_MEMORY) await checkContender(contender, undefined)
  })

  it('in Redis', async () => {
    const server = await startRedis()
    for (const contender of IN_REDIS) {
      const client = new Redis(server.port, server.host)
      await client.flushall()
      await checkContender(contender, client)
      client.disconnect()
    }
    await server.stop()
  })

  it('in SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'))
    for (const [i, contender] of IN_FILES.entries()) await checkContender(contender, join(folder, `${i}.db`))
    rmSync(folder, { recursive: true })
  })

  it.each(Object.keys(FRAMEWORKS) as Framework[])('over HTTP, with %s', async (framework) => {
    for (const app of await FRAMEWORKS[framework]()) {
      const server = await app.listen({ quota: 3, windowMs: 3_600_000 }, HOST)
      await checkApp(app, (server.address() as AddressInfo).port)
      server.closeAllConnections()
      server.close()
    }
  })
})
