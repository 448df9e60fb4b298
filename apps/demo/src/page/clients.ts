import type { LiveState } from './messages.ts'
import { showList } from './show-list.ts'
import { byId, fill } from './template.ts'
import { countText } from './wording.ts'

export function showClients({ clients }: LiveState): void {
  byId('no-clients').hidden = clients.length > 0
  showList(
    byId('clients'),
    'client',
    clients,
    ({ client }) => client,
    (row, { client, plan, lastMinute, left }) => {
      fill(row, {
        client,
        plan,
        admitted: countText(lastMinute.admitted),
        denied: countText(lastMinute.denied + lastMinute.banned),
        left: typeof left === 'string' ? left : `${countText(left.remaining)} of ${countText(left.limit)}`,
      })
      row.classList.toggle('is-limited', typeof left === 'object' && left.remaining === 0)
    },
  )
}
