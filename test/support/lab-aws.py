"""AWS as moto imitates it, on a lab's network: makes what a user has there, and shows what others have made.

lab-aws.py URL make NAME ADDRESS...   a VPC, a subnet that leads out, a security group, an instance for each address
lab-aws.py URL show                   load balancers with listeners and targets, target groups, security groups
"""

import json
import sys

import boto3

URL, VERB, *REST = sys.argv[1:]
REGION = "us-west-2"


def client(service):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name=REGION, endpoint_url=URL, **keys)


EC2, ELB = client("ec2"), client("elbv2")


def make(name, *addresses):
    vpc = EC2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zone = f"{REGION}a"
    subnet = EC2.create_subnet(VpcId=vpc, CidrBlock="10.0.50.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    gateway = EC2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    EC2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    [table] = EC2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    EC2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    group = EC2.create_security_group(GroupName=f"{name}-nodes", Description="nodes", VpcId=vpc)["GroupId"]
    instances = {}
    for address in addresses:
        made = EC2.run_instances(
            ImageId="ami-0123456789abcdef0",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            PrivateIpAddress=address,
            SecurityGroupIds=[group],
        )
        instances[address] = made["Instances"][0]["InstanceId"]
    return {"vpc": vpc, "subnet": subnet, "zone": zone, "instances": instances}


def balancer(found):
    arn = found["LoadBalancerArn"]
    listeners = ELB.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    groups = ELB.describe_target_groups(LoadBalancerArn=arn)["TargetGroups"]
    tags = ELB.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]
    return {
        "hostname": found["DNSName"],
        "type": found["Type"],
        # AWS's default, which moto leaves out.
        "scheme": found.get("Scheme", "internet-facing"),
        "subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]],
        "groups": found.get("SecurityGroups", []),
        "ports": [listener["Port"] for listener in listeners],
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
        "targets": [
            {"id": target["Target"]["Id"], "port": target["Target"]["Port"]}
            for group in groups
            for target in ELB.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        ],
    }


def show():
    return {
        "balancers": [balancer(found) for found in ELB.describe_load_balancers()["LoadBalancers"]],
        "targetGroups": len(ELB.describe_target_groups()["TargetGroups"]),
        "groups": [group["GroupId"] for group in EC2.describe_security_groups()["SecurityGroups"]],
    }


print(json.dumps({"make": make, "show": show}[VERB](*REST)))
