import type { BurstProgress, BurstSender, LiveState } from './messages.ts'
import { postJson } from './post-json.ts'
import { byId, fill, fromTemplate, part, setText } from './template.ts'
import { countText } from './wording.ts'

const NAMES = {
  anonymous: 'Anonymous',
  free: 'Free',
  premium: 'Premium',
  enterprise: 'Enterprise',
  admin: 'Admin',
  attacker: 'Attacker',
  rotating: 'Rotating',
} as const satisfies Record<BurstSender, string>

const ATTACKS = { attacker: '10 × from one address', rotating: '10 × from a whole /64' } as const
const ATTACK_FACTOR = 10
const MOST_REQUESTS = 5000

/** Makes a button for everybody a burst can be sent as; the function that is returned shows how it goes. */
export function makeSenders(): (state: LiveState) => void {
  const senders = (Object.keys(NAMES) as BurstSender[]).map(makeSender)
  byId('senders').append(...senders.map(({ element }) => element))
  return (state) => {
    for (const { show } of senders) show(state)
  }
}

function makeSender(as: BurstSender): { readonly element: HTMLElement; readonly show: (state: LiveState) => void } {
  const element = fromTemplate('sender')
  const button = element.querySelector('button')!
  let asked: AbortController | undefined
  let isUnderWay = false
  element.dataset['as'] = as
  fill(element, { name: NAMES[as] })
  part(element, 'progress').ariaLabel = `${NAMES[as]}: requests answered`

  async function fire(): Promise<void> {
    const own = new AbortController()
    asked = own
    const chosen = Number(document.querySelector<HTMLInputElement>('[name=count]:checked')!.value)
    const count = isAttack(as) ? Math.min(MOST_REQUESTS, chosen * ATTACK_FACTOR) : chosen
    try {
      const answer = await postJson('/demo/burst', { as, count }, { signal: own.signal })
      if (answer.ok)
        setText(byId('burst-news'), `${NAMES[as]}: ${outcomeWords((await answer.json()) as BurstProgress).join(', ')}`)
    } catch {
      // It was stopped, or the server is gone, which the page says elsewhere.
    } finally {
      if (asked === own) asked = undefined
    }
  }
  button.addEventListener('click', () => {
    if (!asked) void fire()
    else if (isUnderWay) asked.abort()
  })

  function show({ about, bursts }: LiveState): void {
    const burst = bursts.find((one) => one.as === as)
    isUnderWay = burst?.isUnderWay ?? false
    const rate = isAttack(as) ? ATTACKS[as] : about.rates[as]
    fill(element, { rate: isUnderWay && asked ? 'stop' : rate })
    element.classList.toggle('is-under-way', isUnderWay)
    if (burst) showProgress(element, burst)
  }
  return { element, show }
}

function showProgress(element: HTMLElement, burst: BurstProgress): void {
  const sent = burst.admitted + burst.denied + burst.banned
  const bar = part(element, 'progress')
  bar.ariaValueMax = String(burst.count)
  bar.ariaValueNow = String(sent)
  for (const outcome of ['admitted', 'denied', 'banned'] as const) {
    bar.querySelector<HTMLElement>(`.${outcome}`)!.style.width = `${(burst[outcome] / burst.count) * 100}%`
  }
  const outcome = outcomeWords(burst).join('\n')
  fill(element, { outcome: burst.isUnderWay || sent === burst.count ? outcome : `${outcome}\nstopped` })
}

function outcomeWords({ admitted, denied, banned }: BurstProgress): string[] {
  const words = [`${countText(admitted)} admitted`, `${countText(denied)} denied`]
  return banned > 0 ? [...words, `${countText(banned)} banned`] : words
}

function isAttack(as: BurstSender): as is keyof typeof ATTACKS {
  return Object.hasOwn(ATTACKS, as)
}
