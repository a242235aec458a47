import { ask } from '../core/fact.ts';
import type { Change, FieldChange } from '../core/plan.ts';
import type { PartName } from '../core/part-name.ts';
import { type ImageName, type ImagesResource, printImageName } from '../core/resource.ts';
import { containerdImages } from '../facts/containerd-images.ts';
import { writeImages } from './images-write.ts';
import type { Kind } from './kind.ts';

/** References of the images that the host's containerd has. */
type ImagesState = ReadonlySet<string>;

function question({ host }: ImagesResource) {
  return ask(containerdImages, host, {});
}

function missingFrom({ images }: ImagesResource, there: ReadonlySet<string>): readonly ImageName[] {
  return images.filter((image) => !there.has(printImageName(image)));
}

function partOf({ repository, tag }: ImageName): PartName {
  return { name: repository, version: tag };
}

/** The parts of those images that a change brings. */
function needs({ resource, fields }: Change<ImagesResource>): readonly PartName[] {
  const wanted = new Set(fields.flatMap(({ after }) => after?.split('\n') ?? []));
  return resource.images.filter((image) => wanted.has(printImageName(image))).map(partOf);
}

/**
 * Container images in the namespace of the kubelet. A host whose containerd is not there yet, or does not run yet, has
 * none: package and unit come earlier in the same plan.
 */
export const imagesKind: Kind<ImagesResource, ImagesState> = {
  rollout: 'parallel',

  asks: (wanted) => (wanted.ensure === 'present' ? [question(wanted)] : []),

  seen(wanted, facts) {
    if (wanted.ensure === 'absent') return { is: 'absent' };
    const answer = facts.get(question(wanted));
    if (!answer.ok) return { is: 'unreadable', why: answer.why };
    return answer.value === undefined ? { is: 'absent' } : { is: 'present', state: answer.value };
  },

  diff(wanted, seen): readonly FieldChange[] {
    if (wanted.ensure === 'absent') return [];
    const missing = missingFrom(wanted, seen.is === 'present' ? seen.state : new Set());
    return missing.length === 0 ? [] : [{ field: 'images', after: missing.map(printImageName).join('\n') }];
  },

  needs,

  write: writeImages,
};
