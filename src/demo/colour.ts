/** A colour as the encoder takes it: BT.601 with luma from 0 to 219 and both chromas around 0. */
export interface Colour {
  luma: number;
  blue: number;
  red: number;
}

/** From hue in degrees, saturation and value in 0 … 1, and `warmth` (−1 bluish … 1 reddish light). */
export function toColour(hueDegrees: number, saturation: number, value: number, warmth: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + hueDegrees / 60) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  const r = Math.min(1, channel(5) * (1 + 0.3 * warmth));
  const g = channel(3);
  const b = Math.min(1, channel(1) * (1 - 0.3 * warmth));
  return {
    luma: 65.481 * r + 128.553 * g + 24.966 * b,
    blue: -37.797 * r - 74.203 * g + 112 * b,
    red: 112 * r - 93.786 * g - 18.214 * b,
  };
}

/** `from` at 0, `to` at 1. */
export function mixColours(from: Colour, to: Colour, share: number): Colour {
  const mix = (a: number, b: number) => a + (b - a) * share;
  return { luma: mix(from.luma, to.luma), blue: mix(from.blue, to.blue), red: mix(from.red, to.red) };
}

export function scaleColour({ luma, blue, red }: Colour, factor: number): Colour {
  return { luma: luma * factor, blue: blue * factor, red: red * factor };
}
