import { once } from 'node:events'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import express from 'express'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { rateLimit } from './rate-limit.ts'

let folder: string
let server: Server

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rl-static-'))
  await mkdir(join(folder, 'files'))
  await writeFile(join(folder, 'files', 'a.txt'), 'here')
  const app = express()
  app.use(rateLimit({ ip: 'unlimited', endpoints: { '/files/*': '1 per hour' } }))
  app.use(express.static(folder))
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

/** As it is written: `fetch` would resolve the dots. */
async function statusOf(path: string): Promise<number | undefined> {
  const { port } = server.address() as AddressInfo
  const [response] = (await once(get({ port, host: '127.0.0.1', path }), 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

it('limits a file by whatever path a file server finds it', async () => {
  expect(await statusOf('/files/a.txt')).toBe(200)
  const spellings = ['/files/a.txt', '/files%2Fa.txt', '/./files/a.txt', '/x/../files/a.txt', '//files//a.txt']
  const mixed = ['/x//../files/a.txt', '/x;/../files/a.txt', '/x%5cy/../files/a.txt']
  for (const path of [...spellings, ...mixed]) {
    expect([path, await statusOf(path)]).toEqual([path, 429])
  }
})
