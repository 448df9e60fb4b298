import { createServer } from 'node:http'

import { MemoryStore } from '@rl/store-memory'

import { createApp } from './app.ts'
import { curlLines } from './curl-lines.ts'
import { portFrom } from './port.ts'

const port = portFrom(process.env['PORT'])
const store = new MemoryStore()
const server = createServer(createApp(store))

server.on('error', (error: NodeJS.ErrnoException) => {
  const isTaken = error.code === 'EADDRINUSE'
  console.error(isTaken ? `Port ${port} is taken. Choose another: PORT=${port + 1} npm start` : error.message)
  process.exitCode = 1
})

server.listen(port, () => {
  const address = server.address()
  const origin = `http://localhost:${typeof address === 'object' && address ? address.port : port}`
  console.log(`The demo listens on ${origin}\n\nTry:\n\n${curlLines(origin)}\n\nCtrl-C stops it.`)
})

// Ctrl-C comes twice, from the terminal and from npm: closing twice is safe.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server.close(() => store.close())
    server.closeAllConnections()
  })
}
