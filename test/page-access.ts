import type { Page } from 'playwright-core'

/** Runs in the page: texts whose contrast with what is behind them is below 4.5. */
const CONTRAST = `(() => {
  const parse = (color) => {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 1
    const context = canvas.getContext('2d', { willReadFrequently: true })
    context.fillStyle = color
    context.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1]
  const chain = (element) => (element ? [...chain(element.parentElement), element] : [])
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((part) => {
      const value = part / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a)
    return (light + 0.05) / (dark + 0.05)
  }
  // Paints the ancestors one after the other, each with its opacity, and the text last.
  const painted = (element) => {
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches
    let ground = isDark ? [18, 18, 18, 1] : [255, 255, 255, 1]
    const layers = []
    for (const one of chain(element)) {
      const style = getComputedStyle(one)
      if (one.tagName === 'DIALOG') ground = parse(style.backgroundColor)
      layers.push([Number(style.opacity), ground])
      ground = over(parse(style.backgroundColor), ground)
    }
    let text = over(parse(getComputedStyle(element).color), ground)
    for (const [opacity, below] of layers.reverse()) {
      text = over([...text.slice(0, 3), opacity], below)
      ground = over([...ground.slice(0, 3), opacity], below)
    }
    return contrast(text, ground)
  }
  const found = new Map()
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('')
    const text = own || (element.tagName === 'INPUT' && element.type === 'text' ? element.value || element.placeholder : '')
    const isVisible = element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0
    if (!/[\\p{L}\\p{N}]/u.test(text) || !isVisible || element.tagName === 'OPTION') continue
    const ratio = painted(element)
    if (ratio < 4.5) found.set(element.className + ' ' + element.tagName + ': ' + text.slice(0, 30), ratio.toFixed(2))
  }
  return [...found].map(([what, ratio]) => ratio + ' ' + what)
})()`

/** Runs in the page: controls whose accessible name lacks the text that they show. */
const NAMES = `(() => {
  const clean = (text) => (text ?? '').replace(/\\s+/g, ' ').trim().toLowerCase()
  const words = /[\\p{L}\\p{N}]/u
  const found = []
  for (const element of document.querySelectorAll('button, a, summary, select, input, textarea, dialog, [role]')) {
    if (!element.checkVisibility()) continue
    const label = element.getAttribute('aria-label')
    const isForm = /^(SELECT|INPUT|TEXTAREA)$/.test(element.tagName)
    const shown = isForm ? [...(element.labels ?? [])].map((one) => one.textContent).join(' ') : element.innerText
    const labelledBy = (element.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean)
      .map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
    const name = clean(labelledBy || label || shown || element.getAttribute('title'))
    const isControl = isForm || /^(BUTTON|A|SUMMARY)$/.test(element.tagName)
    if (isControl && !words.test(name)) found.push('no name: ' + element.outerHTML.slice(0, 80))
    else if (isControl && !isForm && label !== null && words.test(element.innerText) && !name.includes(clean(element.innerText)))
      found.push('"' + name + '" lacks "' + clean(element.innerText) + '"')
  }
  return found
})()`

/** Texts with a contrast below 4.5 (WCAG 1.4.3), each with its ratio. */
export function lowContrast(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(CONTRAST)
}

/** Controls without a name, or whose name lacks the visible label (WCAG 4.1.2 and 2.5.3). */
export function wrongNames(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(NAMES)
}
