import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onFreePort } from './on-free-port.ts'

/** A network between client and server that breaks on demand. */
export interface FaultyProxy {
  readonly host: string
  readonly port: number
  /** From now on, lets so many bytes of the server's replies through on each connection, and then cuts it. */
  cutReplies: (afterBytes: number) => void
  /** From now on, holds back all replies; requests, and new connections, still reach the server. */
  hang: () => void
  /** Cuts all connections, and refuses new ones. */
  refuse: () => void
  /** Ends every fault. What was held back arrives now. */
  heal: () => Promise<void>
  stop: () => void
}

const host = '127.0.0.1'

interface Connection {
  readonly client: Socket
  readonly server: Socket
  /** Bytes of replies that may still pass before the cut. */
  left: number
}

/** Starts a TCP proxy in front of a port of this machine; it lets everything through until told otherwise. */
export async function startProxy(targetPort: number): Promise<FaultyProxy> {
  const connections = new Set<Connection>()
  let cutAfter = Infinity
  let hanging = false

  const listener = createServer((client) => {
    const server = connect(targetPort, host)
    const connection: Connection = { client, server, left: cutAfter }
    connections.add(connection)
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      // `close` follows.
      socket.on('error', () => {})
      socket.on('close', () => cut(connection))
    }
    client.pipe(server)
    server.on('data', (reply: Buffer) => {
      client.write(reply.subarray(0, connection.left), () => {
        if (connection.left === 0) cut(connection)
      })
      connection.left = Math.max(0, connection.left - reply.length)
    })
    if (hanging) server.pause()
  })

  function cut(connection: Connection): void {
    connections.delete(connection)
    connection.client.destroy()
    connection.server.destroy()
  }

  function refuse(): void {
    listener.close()
    connections.forEach(cut)
  }

  async function listen(port: number): Promise<void> {
    listener.listen(port, host)
    await once(listener, 'listening')
  }

  const port = await onFreePort(async (port) => {
    await listen(port)
    return port
  })

  return {
    host,
    port,
    cutReplies(afterBytes) {
      cutAfter = afterBytes
      for (const connection of connections) connection.left = afterBytes
    },
    hang() {
      hanging = true
      for (const { server } of connections) server.pause()
    },
    refuse,
    async heal() {
      cutAfter = Infinity
      hanging = false
      for (const connection of connections) {
        connection.left = Infinity
        connection.server.resume()
      }
      if (!listener.listening) await listen(port)
    },
    stop: refuse,
  }
}
