import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Picture, RasterClient } from '../raster/raster_client';

/**
 * Draws a picture. Canvas2D: putting 1.4 million pixels takes about a millisecond in software, too; WebGL would add a
 * context that can be lost, and saves nothing since the worker draws every frame anew anyway.
 */
export function PictureCanvas({
  client,
  picture,
}: {
  client: RasterClient;
  picture: Picture | undefined;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element || !picture) return;
    const { width, height } = picture.view;
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
    element.getContext('2d')?.putImageData(picture.image, 0, 0);
    client.giveBack(picture);
  }, [picture]);
  return <canvas ref={canvas} aria-hidden="true" />;
}
