import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { ConfigInvalid, UsageError } from '../../core/errors.ts';
import type { FactView } from '../../core/fact.ts';
import { hasErrors } from '../../core/diagnostic.ts';
import type { Role } from '../../core/topology.ts';
import type { BoundComponent } from '../../engine/bound-component.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type ClusterOptions, addClusterOptions } from '../options.ts';
import { realWorld } from '../real-world.ts';
import { writeJson } from '../render/json.ts';
import { resourceToJson } from '../render/resource-text.ts';
import { writeResources } from '../render/write-resources.ts';

interface RenderOptions extends ClusterOptions {
  readonly all?: true;
  readonly role?: Role;
  readonly seedOnly?: true;
  readonly format?: 'terraform';
}

const RENDERED = [
  'firewall',
  'keepalived',
  'node-runtime',
  'control-plane',
  'workers',
  'node-pools',
  'aws',
  'metallb',
  'traefik',
] as const;

/** Nothing is asked: components say what they want as far as it follows from the files. */
const NO_FACTS: FactView = { get: () => ({ ok: false, why: 'render asks no host' }) };

/** `konvoy render COMPONENT|--all`: what hosts and the cluster would get, without contacting any. */
export function renderCommand(context: CliContext): Command {
  return addClusterOptions(
    new Command('render')
      .description('print what hosts would get, without contacting them')
      .addArgument(new Argument('[component]', 'the part of the stack').choices(RENDERED))
      .option('--all', 'everything, of every host')
      .option('--role <role>', 'firewall: the rules of this role as commands', parseRole)
      .option('--seed-only', 'firewall: only the documented rules, not the derived ones')
      .addOption(new Option('--format <format>', 'aws: as a .tf.json file').choices(['terraform'])),
  ).action(async (component: string | undefined, options: RenderOptions) => {
    if ((component === undefined) === (options.all === undefined)) {
      throw new UsageError('render wants one component, or --all', { hint: `components are ${RENDERED.join(', ')}` });
    }
    if (component === 'aws') await renderAws(context, options);
    else if (component === 'firewall' && options.role !== undefined) await renderRole(context, options, options.role);
    else await renderResources(context, options, component);
    context.exitWith(EXIT.ok);
  });
}

function parseRole(text: string): Role {
  if (text === 'control-plane' || text === 'worker') return text;
  throw new InvalidArgumentError('it is control-plane or worker.');
}

/** The documented rules need no configuration; the derived ones do. */
async function renderRole(context: CliContext, options: RenderOptions, role: Role): Promise<void> {
  const { renderFirewall } = await import('../../components/firewall/render.ts');
  if (options.seedOnly) {
    context.stdout.write(renderFirewall(role, { seedOnly: true }));
    return;
  }
  const { readConfig } = await import('../read-config.ts');
  const config = await readConfig(context, options, { inventoryIsOptional: true });
  const { sections, topology, diagnostics, documents } = config;
  if (hasErrors(diagnostics)) throw new ConfigInvalid(diagnostics, documents);
  context.stdout.write(renderFirewall(role, { seedOnly: false, section: sections?.firewall, topology }));
}

/** What provision makes, for those who have Terraform make it. */
async function renderAws(context: CliContext, options: RenderOptions): Promise<void> {
  if (options.format === undefined) {
    throw new UsageError('what is on AWS follows from AWS: konvoy provision --plan-only shows it', {
      hint: 'for Terraform: konvoy render aws --format terraform',
    });
  }
  const [{ readConfig }, { toTerraform }, { awsSettings }] = await Promise.all([
    import('../read-config.ts'),
    import('../../components/aws-nlb/terraform.ts'),
    import('../../config/aws-section.ts'),
  ]);
  const config = await readConfig(context, options, { inventoryIsOptional: false });
  const { sections, topology, diagnostics, documents, cluster } = config;
  if (topology === undefined || cluster === undefined) throw new ConfigInvalid(diagnostics, documents);
  const section = sections?.['aws-nlb'];
  const region = awsSettings(cluster)?.region;
  if (section === undefined || region === undefined) {
    throw new UsageError(`the provider of this cluster is ${topology.provider}: there is nothing of it on AWS`);
  }
  if (section.subnetIds === undefined) {
    throw new UsageError('Terraform has to be told the subnets of the load balancer', {
      hint: 'write them into spec.aws.elb.subnetIDs',
    });
  }
  writeJson(context.stdout, toTerraform(section, topology, region));
}

async function renderResources(context: CliContext, options: RenderOptions, only: string | undefined): Promise<void> {
  const { components } = await realWorld.load(context, options);
  const named = components.filter(({ name }) => only === undefined || name === only);
  const wantedOf = (component: BoundComponent) =>
    component.settle(NO_FACTS, () => 0).resources.filter(({ ensure }) => ensure === 'present');
  if (options.output === 'json') {
    writeJson(context.stdout, { resources: named.flatMap(wantedOf).map(resourceToJson) });
    return;
  }
  // One component after the other: of thousands of hosts, only what one of them wants is held at a time.
  for (const component of named) await writeResources(context.stdout, wantedOf(component));
}
