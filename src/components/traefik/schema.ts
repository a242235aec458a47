import { z } from 'zod';

/** The values of the addon traefik: values of its chart, passed on as they are. */
export const traefikValuesSchema = z.record(z.string(), z.unknown());
