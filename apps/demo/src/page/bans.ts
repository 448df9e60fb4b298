import type { LiveState } from './messages.ts'
import { postJson } from './post-json.ts'
import { showList } from './show-list.ts'
import { byId, fill, setText } from './template.ts'
import { countText, durationText } from './wording.ts'

/** Lets one forgive a ban; the function that is returned shows who is banned. */
export function makeBans(): (state: LiveState) => void {
  const list = byId('bans')
  list.addEventListener('click', ({ target }) => {
    const ban = (target as Element).closest('button')?.parentElement
    if (ban) void postJson('/demo/forgive', { scope: ban.dataset['key'] })
  })

  return ({ bans, about: { attack } }) => {
    const most = `${countText(attack.threshold)} requests in ${durationText(attack.windowMs)}`
    setText(byId('attack'), `Who sends more than ${most} is taken for an attacker.`)
    byId('no-bans').hidden = bans.length > 0
    showList(
      list,
      'ban',
      bans,
      ({ scope }) => scope,
      (element, { scope, strikes, endsInMs }) => {
        const offence = strikes > 1 ? `, for offence ${strikes}` : ''
        fill(element, { scope, ends: `for another ${durationText(endsInMs)}${offence}` })
        element.querySelector('button')!.ariaLabel = `Forgive ${scope}`
      },
    )
  }
}
