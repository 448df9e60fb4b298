import { randomInt } from 'node:crypto'

/**
 * Calls `listen` with one port after the other until one is not taken, which it says by rejecting with the code
 * `EADDRINUSE`. Nothing is probed first: between a probe and the use, another process could come.
 */
export async function onFreePort<T>(listen: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    // Below every system's range for outgoing connections, one of which could take the port while a server is down to
    // be restarted; and so is the port 10,000 above, a cluster node's second one.
    const port = randomInt(10_000, 22_768)
    try {
      return await listen(port)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') || attempt === 20) throw error
    }
  }
}
