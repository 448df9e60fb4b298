import { AddressList } from './address-list.ts'

const FIELDS = ['x-forwarded-for', 'forwarded']
/** Where one's own proxies are: private use, loopback, link-local and shared addresses (RFC 6890). */
const OWN_NETWORKS = new AddressList('OWN_NETWORKS', [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fe80::/10',
  'fc00::/7',
])

/**
 * Says so where a proxy setting is plainly wrong: a proxy of one's own network forwards for somebody, and the framework
 * takes the proxy for the client, so that all clients share one limit. Anybody can send such a field from outside: that is
 * no sign of a proxy.
 *
 * @param ip The client's address, as the framework trusts it.
 * @param peer The address at the other end of the socket.
 * @param nameOf How to name an address.
 */
export function forwardingWarning(
  ip: string | undefined,
  peer: string | undefined,
  header: (name: string) => string | undefined,
  nameOf: (address: string) => string = (address) => address,
): string | undefined {
  if (peer === undefined || ip !== peer) return undefined
  const field = FIELDS.find((name) => header(name) !== undefined)
  if (field === undefined) return undefined
  if (!OWN_NETWORKS.has(peer)) return undefined
  return (
    `The proxy at ${nameOf(peer)} sends ${field}, but is not trusted, so that all its clients share one limit. ` +
    'Tell the framework which proxies to trust: `trust proxy` in Express, `trustProxy` in Fastify, `getConnInfo` in Hono.'
  )
}
