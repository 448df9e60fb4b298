import { adapterConformance } from '@rl/conformance'
import express5 from 'express'
import express4 from 'express4'

import { serveExpress } from './serve-express.fixture.ts'
import { testStores } from './stores.fixture.ts'

for (const [storeName, open] of testStores) {
  adapterConformance(`Express 5 on ${storeName}`, async (config) => serveExpress(express5(), config, await open()))
  adapterConformance(`Express 4 on ${storeName}`, async (config) => serveExpress(express4(), config, await open()))
}
