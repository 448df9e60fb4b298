import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { adapterConformance } from '@rl/conformance'
import type { ServeApp } from '@rl/conformance'

import { testStores } from '../../adapter-express/src/stores.fixture.ts'
import type { TestStore } from '../../adapter-express/src/stores.fixture.ts'
import { conformanceApp } from './conformance-app.fixture.ts'

const serveNode =
  (open: () => Promise<TestStore>): ServeApp =>
  async (config) => {
    const { store, close } = await open()
    const { fetch } = conformanceApp(config, getConnInfo, { store })
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }) as Server
    await once(server, 'listening')
    return {
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async close() {
        server.close()
        server.closeAllConnections()
        await close()
      },
    }
  }

for (const [storeName, open] of testStores) adapterConformance(`Hono on Node on ${storeName}`, serveNode(open))
