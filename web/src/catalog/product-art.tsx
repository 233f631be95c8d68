/** Draws a product that has no photograph: a machined nut, tinted by the product's SKU. Decoration only. */
export function ProductArt({ sku }: { sku: string }) {
  const hue = [...sku].reduce((sum, letter) => (sum * 53 + letter.charCodeAt(0)) % 360, 148);
  const tone = (light: number, dark: number) => `light-dark(hsl(${hue} 30% ${light}%), hsl(${hue} 22% ${dark}%))`;
  return (
    <svg viewBox="0 0 320 240" aria-hidden="true" style={{ display: 'block', width: '100%', background: tone(93, 15) }}>
      <ellipse cx="160" cy="196" rx="82" ry="13" style={{ fill: tone(84, 10) }} />
      <path d="m160 44 72 41.5v62L160 189l-72-41.5v-62z" style={{ fill: tone(48, 40) }} strokeLinejoin="round" />
      <path d="m160 44 72 41.5-72 41.5-72-41.5z" style={{ fill: tone(66, 58) }} />
      <path d="m88 85.5 72 41.5v62l-72-41.5z" style={{ fill: tone(54, 46) }} />
      <ellipse cx="160" cy="85.5" rx="36" ry="20.5" style={{ fill: tone(34, 22) }} />
      <path d="M124.5 88a36 20.5 0 0 0 71 0 36 16 0 0 1-71 0z" style={{ fill: tone(78, 70) }} />
      <path
        d="m102 112 44 25.5M102 126l44 25.5"
        style={{ stroke: tone(66, 58), strokeWidth: 4 }}
        strokeLinecap="round"
      />
    </svg>
  );
}
