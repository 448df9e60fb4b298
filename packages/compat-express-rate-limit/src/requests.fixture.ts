import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** The statuses that so many requests at once are answered with. */
export async function statusesOf(count: number, origin: string | URL): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const answer = await fetch(origin)
      await answer.arrayBuffer()
      return answer.status
    }),
  )
}

/** How many requests were served, of so many that came at once. */
export async function admittedOf(count: number, origin: string): Promise<number> {
  const statuses = await statusesOf(count, origin)
  return statuses.filter((status) => status === 200).length
}

/** How many requests are served of so many that arrive in one packet. */
export async function servedOfPacket(count: number, origin: string): Promise<number> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const line = `GET / HTTP/1.1\r\nHost: ${hostname}\r\n`
  socket.write(`${`${line}\r\n`.repeat(count - 1)}${line}Connection: close\r\n\r\n`)
  return (await text(socket)).split('HTTP/1.1 200 ').length - 1
}
