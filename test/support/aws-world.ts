import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { balancerName } from '../../src/components/aws-nlb/names.ts';
import { type CliRun, runKonvoy } from './cli-run.ts';
import { type Moto, REGION } from './moto.ts';

const ZONES = ['a', 'b', 'c'].map((letter) => `${REGION}${letter}`);

export interface WorldOptions {
  readonly name?: string;
  /** A VPC and its subnets that are there already. */
  readonly inside?: AwsWorld;
  /** Control-plane hosts and workers. */
  readonly hosts?: readonly [number, number];
  /** Last byte of the first host's address. */
  readonly from?: number;
  readonly encapsulation?: string;
  /** Whether the instances have the tags by which they are found; then there is no inventory. */
  readonly tagged?: true;
  /** More lines of `spec.aws.elb`, each with its line end. */
  readonly elb?: string;
}

/** A user's account with a VPC and machines, and a working folder with files that speak of them. */
export class AwsWorld {
  readonly moto: Moto;
  readonly ec2: EC2Client;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly name: string;
  readonly folder: string;
  vpcId = '';
  subnetIds: string[] = [];
  groups = { controlPlane: '', worker: '' };
  addresses = { controlPlane: [] as string[], worker: [] as string[] };
  instanceIds: string[] = [];
  readonly #options: WorldOptions;

  private constructor(moto: Moto, options: WorldOptions) {
    const config = { endpoint: moto.direct, region: REGION, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
    this.moto = moto;
    this.ec2 = new EC2Client(config);
    this.elb = new ElasticLoadBalancingV2Client(config);
    this.name = options.name ?? 'demo';
    this.folder = mkdtempSync(join(moto.folder, 'world-'));
    this.#options = options;
  }

  static async make(moto: Moto, options: WorldOptions = {}): Promise<AwsWorld> {
    const world = new AwsWorld(moto, options);
    const { inside, hosts = [3, 2], from = 11 } = options;
    if (inside !== undefined) {
      world.vpcId = inside.vpcId;
      world.subnetIds = inside.subnetIds;
    } else await world.#makeNetwork();
    world.groups = { controlPlane: await world.#makeGroup('cp'), worker: await world.#makeGroup('worker') };
    world.addresses = {
      controlPlane: await world.makeHosts(hosts[0], from, world.groups.controlPlane, 'control_plane'),
      worker: await world.makeHosts(hosts[1], from + hosts[0], world.groups.worker, 'worker'),
    };
    world.writeFiles();
    return world;
  }

  async #makeNetwork(): Promise<void> {
    const { Vpc } = await this.ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    this.vpcId = Vpc?.VpcId ?? '';
    for (const [index, AvailabilityZone] of ZONES.entries()) {
      const CidrBlock = `10.0.${64 * (index + 1)}.0/18`;
      const made = await this.ec2.send(new CreateSubnetCommand({ VpcId: this.vpcId, CidrBlock, AvailabilityZone }));
      this.subnetIds.push(made.Subnet?.SubnetId ?? '');
    }
  }

  async #makeGroup(role: string): Promise<string> {
    const GroupName = `${this.name}-${role}`;
    const made = await this.ec2.send(
      new CreateSecurityGroupCommand({ GroupName, Description: role, VpcId: this.vpcId }),
    );
    return made.GroupId ?? '';
  }

  /** Makes machines in turn in each zone; returns their addresses. */
  async makeHosts(count: number, from: number, group: string, role: string | undefined): Promise<string[]> {
    const tags = [
      { Key: `kubernetes.io/cluster/${this.name}`, Value: 'owned' },
      ...(role === undefined ? [] : [{ Key: 'konvoy/nodeRoles', Value: role }]),
    ];
    const addresses: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const zone = index % 3;
      const PrivateIpAddress = `10.0.${64 * (zone + 1)}.${from + index}`;
      const SubnetId = this.subnetIds[zone];
      const made = await this.ec2.send(
        new RunInstancesCommand({
          ImageId: 'ami-0123456789abcdef0',
          MinCount: 1,
          MaxCount: 1,
          SubnetId,
          PrivateIpAddress,
          SecurityGroupIds: [group],
          ...(this.#options.tagged ? { TagSpecifications: [{ ResourceType: 'instance', Tags: tags }] } : {}),
        }),
      );
      this.instanceIds.push(made.Instances?.[0]?.InstanceId ?? '');
      addresses.push(PrivateIpAddress);
    }
    return addresses;
  }

  /** Writes both files anew. `controlPlane` and `elb` say what is different from how the world was made. */
  writeFiles(
    given: {
      controlPlane?: readonly string[];
      elb?: string;
      aws?: string;
      subnetIds?: readonly string[];
      pools?: string;
    } = {},
  ) {
    const { controlPlane = this.addresses.controlPlane, elb = this.#options.elb ?? '', aws = '', pools = '' } = given;
    const { subnetIds = this.subnetIds } = given;
    writeFileSync(
      join(this.folder, 'cluster.yaml'),
      `kind: ClusterProvisioner
apiVersion: konvoy.mesosphere.io/v1beta2
metadata:
  name: ${this.name}
spec:
  provider: aws
  nodePools:
    - name: control-plane
      controlPlane: true
      count: 3
    - name: worker
      count: 2
${pools}  aws:
    region: ${REGION}
    availabilityZones: [${ZONES.join(', ')}]
${aws}    vpc:
      ID: ${this.vpcId}
    elb:
      internal: true
      subnetIDs: [${subnetIds.join(', ')}]
${elb}    tags:
      owner: me
---
kind: ClusterConfiguration
apiVersion: konvoy.mesosphere.io/v1beta2
metadata:
  name: ${this.name}
spec:
  kubernetes:
    version: 1.36.3
  containerNetworking:
    calico:
      encapsulation: ${this.#options.encapsulation ?? 'ipip'}
`,
    );
    if (this.#options.tagged) return;
    // Nobody answers there, and says so at once.
    const hosts = (addresses: readonly string[]) =>
      addresses
        .map((address) => `    ${address}: {ansible_host: ${address.replace(/^10/, '127')}, ansible_port: 1}\n`)
        .join('');
    writeFileSync(
      join(this.folder, 'inventory.yaml'),
      `# the machines\ncontrol-plane:\n  hosts:\n${hosts(controlPlane)}node:\n  hosts:\n${hosts(this.addresses.worker)}all:\n  vars:\n    ansible_user: centos   # of the image\n`,
    );
  }

  /** The ARN of the only target group of the account. */
  async targetGroupArn(): Promise<string> {
    const { TargetGroups } = await this.elb.send(new DescribeTargetGroupsCommand({}));
    return TargetGroups?.[0]?.TargetGroupArn ?? '';
  }

  get inventory(): string {
    return readFileSync(join(this.folder, 'inventory.yaml'), 'utf8');
  }

  /** A command line against the proxy, in this process. */
  konvoy(...argv: readonly string[]): Promise<CliRun> {
    return this.konvoyUntil(undefined, ...argv);
  }

  /** The same, with Ctrl-C when the signal says so. */
  konvoyUntil(signal: AbortSignal | undefined, ...argv: readonly string[]): Promise<CliRun> {
    const where = argv.includes('--endpoint-url') ? [] : ['--endpoint-url', this.moto.url];
    return runKonvoy([...argv, ...where], { cwd: this.folder, ...(signal === undefined ? {} : { signal }) });
  }

  /** What a cluster of this name has on AWS: load balancers, target groups, listeners, security groups of the name. */
  async count(): Promise<readonly number[]> {
    const { LoadBalancers = [] } = await this.elb.send(new DescribeLoadBalancersCommand({}));
    const { TargetGroups = [] } = await this.elb.send(new DescribeTargetGroupsCommand({}));
    let listeners = 0;
    for (const { LoadBalancerArn } of LoadBalancers) {
      listeners += (await this.elb.send(new DescribeListenersCommand({ LoadBalancerArn }))).Listeners?.length ?? 0;
    }
    const Filters = [{ Name: 'group-name', Values: [balancerName(this.name)] }];
    const { SecurityGroups = [] } = await this.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    return [LoadBalancers.length, TargetGroups.length, listeners, SecurityGroups.length];
  }
}
