import { BlockList, isIP } from 'node:net'

// As https://www.cloudflare.com/ips/ lists them.
const NETWORKS = [
  '103.21.244.0/22',
  '103.22.200.0/22',
  '103.31.4.0/22',
  '104.16.0.0/13',
  '104.24.0.0/14',
  '108.162.192.0/18',
  '131.0.72.0/22',
  '141.101.64.0/18',
  '162.158.0.0/15',
  '172.64.0.0/13',
  '173.245.48.0/20',
  '188.114.96.0/20',
  '190.93.240.0/20',
  '197.234.240.0/22',
  '198.41.128.0/17',
  '2400:cb00::/32',
  '2405:8100::/32',
  '2405:b500::/32',
  '2606:4700::/32',
  '2803:f800::/32',
  '2a06:98c0::/29',
  '2c0f:f248::/32',
]

const cloudflare = new BlockList()
for (const network of NETWORKS) {
  const [address = '', bits] = network.split('/')
  cloudflare.addSubnet(address, Number(bits), familyOf(address))
}

/**
 * Who is asking Cloudflare, if it is Cloudflare that asks here: it writes its client's address into `CF-Connecting-IP`.
 * Anybody else can write that field too, and is believed nothing.
 *
 * `X-Forwarded-For` would not do: some of Cloudflare's clients, those of its VPN, come from the same networks. Where these
 * were trusted as proxies, such a client could write whatever address it likes before its own.
 */
export function clientOfCloudflare(
  peer: string | undefined,
  connectingIp: string | undefined,
): { readonly ip: string } | undefined {
  const isCloudflare = peer !== undefined && cloudflare.check(peer, familyOf(peer))
  return isCloudflare && connectingIp !== undefined ? { ip: connectingIp } : undefined
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
