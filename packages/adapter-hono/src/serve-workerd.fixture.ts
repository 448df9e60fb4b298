import { getConnInfo } from 'hono/cloudflare-workers'

import { conformanceApp } from './conformance-app.fixture.ts'
import { env } from './workers.fixture.ts'

export default conformanceApp(env.CONFIG, getConnInfo)
