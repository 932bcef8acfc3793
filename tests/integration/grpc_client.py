#!/usr/bin/python3
"""A gRPC client that knows nothing of Silhouette: it learns services and messages by reflection.

It takes the arguments of grpcurl that the README uses: -plaintext, -d JSON, an address, and `list` or
a method as package.Service/Method. Responses are printed as JSON.
"""

import argparse
import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

# Messages of grpc.reflection.v1alpha, by the numbers of their fields.
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def field(number, value):
    """A length-delimited field on the wire."""
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def fields(data):
    """The length-delimited fields of a message: [(number, bytes)]."""
    at, found = 0, []

    def read_varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number
    while at < len(data):
        key = read_varint()
        value = read_varint()
        if key & 7 == 2:
            found.append((key >> 3, data[at:at + value]))
            at += value
    return found


class Client:
    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.pool = descriptor_pool.DescriptorPool()
        self.known = set()

    def ask(self, number, value):
        """One question to the reflection service; the fields of its answer."""
        call = self.channel.stream_stream(REFLECTION)
        (answer,) = list(call(iter([field(number, value)]), timeout=10))
        return dict(fields(answer))

    def services(self):
        answer = self.ask(7, b"*")  # list_services
        return [dict(fields(service))[1].decode() for _, service in fields(answer[6])]

    def learn(self, number, name):
        """Adds the files of an answer, those they import first."""
        answer = self.ask(number, name.encode())
        if 4 not in answer:
            raise SystemExit("%s: not known there" % name)
        files = {}
        for _, data in fields(answer[4]):
            file = descriptor_pb2.FileDescriptorProto.FromString(data)
            files[file.name] = file
        for file in files.values():
            self.add(file, files)

    def add(self, file, files):
        if file.name in self.known:
            return
        self.known.add(file.name)
        for name in file.dependency:
            if name in files:
                self.add(files[name], files)
            elif name not in self.known:
                self.learn(3, name)  # file_by_filename
        self.pool.Add(file)

    def call(self, name, text):
        service_name, _, method_name = name.partition("/")
        self.learn(4, service_name)  # file_containing_symbol
        method = self.pool.FindServiceByName(service_name).methods_by_name[method_name]
        make = lambda kind: message_factory.MessageFactory(self.pool).GetPrototype(kind)
        request = json_format.ParseDict(json.loads(text), make(method.input_type)())
        calls = self.channel.unary_stream(
            "/" + name, request_serializer=type(request).SerializeToString,
            response_deserializer=make(method.output_type).FromString)
        for response in calls(request, timeout=60):
            yield json_format.MessageToJson(response)


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-plaintext", action="store_true", required=True)
    parser.add_argument("-d", default="{}")
    parser.add_argument("address")
    parser.add_argument("method")
    flags = parser.parse_args()
    client = Client(flags.address)
    try:
        lines = client.services() if flags.method == "list" else client.call(flags.method, flags.d)
        for line in lines:
            print(line)
    except grpc.RpcError as error:
        sys.exit("%s: %s" % (error.code().name, error.details()))


if __name__ == "__main__":
    main()
