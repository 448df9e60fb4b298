import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { MemoryStore } from '@rl/store-memory'

import { createApp } from './app.ts'
import { curlLines } from './curl-lines.ts'
import { portFrom } from './port.ts'

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

const port = portFrom(process.env['PORT'])
if (port === undefined) fail(`Expected PORT to be a number from 0 to 65535, got \`${process.env['PORT']}\``)

const store = new MemoryStore()
const server = createServer(createApp(store))

server.on('error', (error: NodeJS.ErrnoException) => {
  const isTaken = error.code === 'EADDRINUSE'
  fail(isTaken ? `Port ${port} is taken. Choose another, such as: PORT=${port + 1} npm start` : error.message)
})

server.listen(port, () => {
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  console.log(`The demo listens on ${origin}\n\nTry:\n\n${curlLines(origin)}\n\nCtrl-C stops it.`)
})

// Ctrl-C comes twice, from the terminal and from npm: to stop twice is safe.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server.close()
    server.closeAllConnections()
    store.close()
  })
}
