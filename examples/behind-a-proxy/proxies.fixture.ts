import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy on this machine, over real connections. */
export interface Proxy {
  readonly origin: string
  stop: () => void
}

/**
 * As nginx does by `$proxy_add_x_forwarded_for`: puts the address of who has connected after what that one has written.
 *
 * @param peer That address, since a test's own is always the same.
 */
export async function startNginx(target: string, peer: string): Promise<Proxy> {
  return startProxy(target, (headers) => ({
    ...headers,
    'x-forwarded-for': appended(headers['x-forwarded-for'], peer),
  }))
}

/** As Cloudflare does: writes `CF-Connecting-IP` over what the client has written there, and adds to `X-Forwarded-For`. */
export async function startCloudflare(target: string, peer: string): Promise<Proxy> {
  return startProxy(target, (headers) => ({
    ...headers,
    'cf-connecting-ip': peer,
    'x-forwarded-for': appended(headers['x-forwarded-for'], peer),
  }))
}

type Headers = NodeJS.Dict<string | string[]>

function appended(written: string | string[] | undefined, address: string): string {
  return [...(written === undefined ? [] : [written]), address].flat().join(', ')
}

async function startProxy(target: string, headersFor: (headers: Headers) => Headers): Promise<Proxy> {
  const server = createServer((request, response) => {
    const { method, url, headers } = request
    const passed = send(target + url, { method, headers: headersFor(headers) }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
