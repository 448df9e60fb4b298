import { makeBans } from './bans.ts'
import { showClients } from './clients.ts'
import { followComparison } from './comparison.ts'
import { showDenials } from './denials.ts'
import { followLive } from './live-events.ts'
import type { LiveState } from './messages.ts'
import { makeSenders } from './senders.ts'
import { showStore } from './store.ts'
import { byId, setText } from './template.ts'
import { makeTrafficCharts } from './traffic-charts.ts'
import { countText } from './wording.ts'

const showBans = makeBans()
const showSenders = makeSenders()
const showTraffic = makeTrafficCharts()
followComparison()
followLive(show, (isConnected) => {
  setText(byId('connection'), isConnected ? 'live' : 'connecting again …')
  byId('connection').classList.toggle('is-well', isConnected)
})

function show(state: LiveState): void {
  const { about, total } = state
  setText(byId('framework'), about.framework)
  setText(byId('counts'), about.counts)
  setText(
    byId('total'),
    `The limiter has decided since it was started: ${countText(total.admitted)} admitted, ${countText(total.denied)} denied.`,
  )
  showSenders(state)
  showTraffic(state)
  showClients(state)
  showStore(state)
  showBans(state)
  showDenials(state)
}
