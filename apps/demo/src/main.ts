import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createDemo } from './create-demo.ts'
import { curlLines } from './curl-lines.ts'
import { hostFrom, portFrom } from './listening.ts'

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

async function start(): Promise<void> {
  const port = portFrom(process.env['PORT'])
  const host = hostFrom(process.env['HOST'])
  const { listener, counts, close } = await createDemo(process.env)
  const server = createServer(listener)

  server.on('error', (error: NodeJS.ErrnoException) => {
    const isTaken = error.code === 'EADDRINUSE'
    fail(isTaken ? `Port ${port} is taken. Choose another, such as: PORT=${port + 1} npm start` : error)
  })

  // Who comes from elsewhere could start bursts, and forgive itself: only where somebody asks for it.
  server.listen(port, host, () => {
    const origin = `http://localhost:${(server.address() as AddressInfo).port}`
    console.log(`Open ${origin} to see the limits at work. The demo counts ${counts}.`)
    console.log(`\nOr try:\n\n${curlLines(origin)}\n\nCtrl-C stops it.`)
  })

  // Ctrl-C comes twice, from the terminal and from npm: to stop twice is safe.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      server.close()
      server.closeAllConnections()
      close().catch(fail)
    })
  }
}

start().catch(fail)
