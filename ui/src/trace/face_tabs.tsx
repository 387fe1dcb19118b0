import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { kFaces, type FaceProps } from './faces';

/** Of the face that is the page's own. */
export const kWaterfall = 'waterfall';

interface Props {
  chosen: string;
  onChoose: (id: string) => void;
}

/** Chooses the face; nothing to choose while there is only one. */
export function FaceTabs({ chosen, onChoose }: Props) {
  const faces = [{ id: kWaterfall, label: 'Waterfall' }, ...kFaces];
  if (faces.length === 1) return null;
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || !(event.currentTarget instanceof HTMLElement)) return;
    event.preventDefault();
    event.stopPropagation();
    const here = faces.findIndex(({ id }) => id === chosen);
    const next = (here + by + faces.length) % faces.length;
    onChoose(faces[next]?.id ?? kWaterfall);
    event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
  };
  return (
    <div class="face-tabs" role="tablist" aria-label="Faces of the trace" onKeyDown={onKeyDown}>
      {faces.map(({ id, label }) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={id === chosen}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => onChoose(id)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** The face of that ID if there is one, else the waterfall. */
export function knownFace(id: string): string {
  return kFaces.some(face => face.id === id) ? id : kWaterfall;
}

/** A face from the registry, loaded when it is first shown. */
export function OtherFace({ id, ...props }: FaceProps & { id: string }) {
  const [loaded, setLoaded] = useState<{ id: string; face?: ComponentType<FaceProps> }>();
  useEffect(() => {
    let isWanted = true;
    const set = (face?: ComponentType<FaceProps>) => {
      if (isWanted) setLoaded(face ? { id, face } : { id });
    };
    kFaces
      .find(face => face.id === id)
      ?.load()
      .then(set, () => set());
    return () => void (isWanted = false);
  }, [id]);
  if (loaded?.id !== id) {
    return <div class="progress" role="progressbar" aria-label="Loading this view" />;
  }
  const Face = loaded.face;
  if (!Face) {
    return (
      <p class="face-failed" role="alert">
        This view could not be loaded. Reload the page: the server may have been updated.
      </p>
    );
  }
  return <Face {...props} />;
}
