import { create } from 'qrcode';

/** A QR code as one SVG path in a square of `size` modules, without its quiet zone: that is the page's padding. */
export interface Qr {
  readonly size: number;
  readonly path: string;
}

/** One rectangle for each run of dark modules in a row. */
export function drawQr(text: string): Qr {
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules;
  let path = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const start = x;
      while (x < size && data[y * size + x]) x += 1;
      if (x > start) path += `M${start} ${y}h${x - start}v1h-${x - start}z`;
    }
  }
  return { size, path };
}
