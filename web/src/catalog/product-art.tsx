import type { ReactNode } from 'react';

type Tone = (light: number, dark: number) => string;

/** Draws a product that has no photograph; its SKU decides the shape and the tint. Decoration only. */
export function ProductArt({ sku }: { sku: string }) {
  const hue = [...sku].reduce((sum, letter) => (sum * 53 + letter.charCodeAt(0)) % 360, 148);
  const tone: Tone = (light, dark) => `light-dark(hsl(${hue} 30% ${light}%), hsl(${hue} 22% ${dark}%))`;
  const draw = SHAPES[Math.floor(hue / 40) % SHAPES.length] ?? block;
  return (
    <svg viewBox="0 0 320 240" aria-hidden="true" style={{ display: 'block', width: '100%', background: tone(93, 15) }}>
      <ellipse cx="160" cy="200" rx="84" ry="12" style={{ fill: tone(84, 10) }} />
      {draw(tone)}
    </svg>
  );
}

function block(tone: Tone): ReactNode {
  return (
    <>
      <path d="m160 44 72 41.5v62L160 189l-72-41.5v-62z" style={{ fill: tone(48, 40) }} />
      <path d="m160 44 72 41.5-72 41.5-72-41.5z" style={{ fill: tone(66, 58) }} />
      <path d="m88 85.5 72 41.5v62l-72-41.5z" style={{ fill: tone(54, 46) }} />
      <ellipse cx="160" cy="85.5" rx="36" ry="20.5" style={{ fill: tone(34, 22) }} />
      <path d="M124.5 88a36 20.5 0 0 0 71 0 36 16 0 0 1-71 0z" style={{ fill: tone(78, 70) }} />
      <path d="m102 112 44 25.5m-44-11.5 44 25.5" style={{ stroke: tone(66, 58), strokeWidth: 4 }} />
    </>
  );
}

function tool(tone: Tone): ReactNode {
  return (
    <g transform="rotate(-22 160 118)">
      <path d="M96 98 214 62a16 16 0 0 1 12 30l-90 20z" style={{ fill: tone(78, 70) }} />
      <path d="m108 104 120-12a12 12 0 0 1 4 24l-96 8z" style={{ fill: tone(66, 58) }} />
      <rect x="66" y="98" width="188" height="50" rx="25" style={{ fill: tone(48, 40) }} />
      <rect x="66" y="98" width="188" height="24" rx="12" style={{ fill: tone(54, 46) }} />
      <circle cx="94" cy="123" r="11" style={{ fill: tone(78, 70) }} />
      <circle cx="226" cy="123" r="11" style={{ fill: tone(34, 22) }} />
    </g>
  );
}

function gear(tone: Tone): ReactNode {
  const ring = (cy: number, fill: string) => (
    <g style={{ fill: 'none', stroke: fill }}>
      <circle cx="160" cy={cy} r="70" strokeWidth="18" strokeDasharray="12.2 12.2" />
      <circle cx="160" cy={cy} r="48" strokeWidth="30" />
    </g>
  );
  return (
    <>
      {ring(122, tone(40, 32))}
      {ring(114, tone(56, 48))}
      <circle cx="160" cy="114" r="34" style={{ fill: 'none', stroke: tone(72, 64), strokeWidth: 3 }} />
      <circle cx="160" cy="114" r="17" style={{ fill: 'none', stroke: tone(48, 40), strokeWidth: 12 }} />
      <path d="M160 97v-16m0 66v-16m17-17h16m-66 0h16" style={{ stroke: tone(48, 40), strokeWidth: 10 }} />
    </>
  );
}

function tray(tone: Tone): ReactNode {
  return (
    <>
      <rect x="78" y="112" width="164" height="76" rx="18" style={{ fill: tone(48, 40) }} />
      <rect x="78" y="92" width="164" height="76" rx="18" style={{ fill: tone(66, 58) }} />
      <rect x="92" y="104" width="62" height="52" rx="10" style={{ fill: tone(34, 22) }} />
      <rect x="166" y="104" width="62" height="22" rx="9" style={{ fill: tone(34, 22) }} />
      <rect x="166" y="134" width="62" height="22" rx="9" style={{ fill: tone(40, 28) }} />
      <rect x="106" y="58" width="10" height="82" rx="5" style={{ fill: tone(56, 48) }} />
      <rect x="126" y="44" width="10" height="98" rx="5" style={{ fill: tone(78, 70) }} />
    </>
  );
}

const SHAPES = [tool, gear, tray, block];
