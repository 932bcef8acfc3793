#include "gateway/rest/request_filler.h"

#include <google/protobuf/descriptor.h>

#include <cctype>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace silhouette {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsParameter(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE &&
         field.type() != FieldDescriptor::TYPE_BYTES;
}

// Digits alone: what absl takes beyond that (spaces, a plus) is somebody's mistake.
template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value = 0;
  if (text.empty() || text[0] == '+' || absl::ascii_isspace(text.front()) ||
      absl::ascii_isspace(text.back()) || !absl::SimpleAtoi(ToAbsl(text), &value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  if (text.empty() || absl::ascii_isspace(text.front()) || absl::ascii_isspace(text.back()) ||
      !absl::SimpleAtod(ToAbsl(text), &value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> ParseTruth(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

const EnumValueDescriptor* ParseEnum(const EnumDescriptor& type, std::string_view text) {
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* const value = type.value(i);
    if (text == value->name() || absl::AsciiStrToLower(ToAbsl(text)) == ShortName(*value)) {
      return value;
    }
  }
  const auto number = ParseWhole<int32_t>(text);
  return number ? type.FindValueByNumber(*number) : nullptr;
}

// What a field takes, for people.
std::string Takes(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return "a whole number, -2147483648 to 2147483647";
    case FieldDescriptor::CPPTYPE_UINT32:
      return "a whole number, 0 to 4294967295";
    case FieldDescriptor::CPPTYPE_INT64:
      return "a whole number of 64 bits";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "a whole number of 64 bits, 0 or more";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names;
      for (int i = 0; i < field.enum_type()->value_count(); ++i) {
        names.push_back(ShortName(*field.enum_type()->value(i)));
      }
      return "one of " + absl::StrJoin(names, ", ");
    }
    default:
      return "text";
  }
}

// Sets or adds one value, by the field's type. False: the type does not take it.
class ValueSetter {
 public:
  ValueSetter(Message* message, const FieldDescriptor& field)
      : message_(message), reflection_(*message->GetReflection()), field_(field) {}

  bool Set(std::string_view text) {
    using R = google::protobuf::Reflection;
    switch (field_.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Put(ParseWhole<int32_t>(text), &R::SetInt32, &R::AddInt32);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Put(ParseWhole<uint32_t>(text), &R::SetUInt32, &R::AddUInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return Put(ParseWhole<int64_t>(text), &R::SetInt64, &R::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT64:
        return Put(ParseWhole<uint64_t>(text), &R::SetUInt64, &R::AddUInt64);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Put(ParseNumber(text), &R::SetFloat, &R::AddFloat);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Put(ParseNumber(text), &R::SetDouble, &R::AddDouble);
      case FieldDescriptor::CPPTYPE_BOOL:
        return Put(ParseTruth(text), &R::SetBool, &R::AddBool);
      case FieldDescriptor::CPPTYPE_STRING:
        return Put(std::optional<std::string>(text), &R::SetString, &R::AddString);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const EnumValueDescriptor* const value = ParseEnum(*field_.enum_type(), text);
        return Put(value != nullptr ? std::optional(value) : std::nullopt, &R::SetEnum,
                   &R::AddEnum);
      }
      default:
        return false;
    }
  }

 private:
  template <typename T, typename Setter, typename Adder>
  bool Put(std::optional<T> value, Setter set, Adder add) {
    if (!value) return false;
    if (field_.is_repeated()) {
      (reflection_.*add)(message_, &field_, *std::move(value));
    } else {
      (reflection_.*set)(message_, &field_, *std::move(value));
    }
    return true;
  }

  Message* const message_;
  const google::protobuf::Reflection& reflection_;
  const FieldDescriptor& field_;
};

absl::Status UnknownParameter(std::string_view name, const Descriptor& type) {
  std::vector<std::string> known;
  for (const ParameterField& parameter : ParameterFields(type)) known.push_back(parameter.name);
  return absl::InvalidArgumentError(
      absl::StrCat("no parameter \"", ToAbsl(name), "\" here; ",
                   known.empty() ? "there are none" : "there are " + absl::StrJoin(known, ", ")));
}

void AddParameterFields(const Descriptor& type, const std::string& prefix,
                        std::vector<ParameterField>* parameters) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    const std::string name = prefix + field->json_name();
    if (IsParameter(*field)) {
      parameters->push_back({name, field});
    } else if (field->message_type() != nullptr && !field->is_repeated()) {
      AddParameterFields(*field->message_type(), name + ".", parameters);
    }
  }
}

}  // namespace

absl::Status RequestFiller::Fill(std::string_view name, std::string_view value) {
  Message* message = request_;
  std::string path;  // as in JSON, whichever names the parameter uses
  std::string_view rest = name;
  for (size_t dot; (dot = rest.find('.')) != std::string_view::npos; rest.remove_prefix(dot + 1)) {
    const FieldDescriptor* const field = FindField(*message->GetDescriptor(), rest.substr(0, dot));
    if (field == nullptr || field->message_type() == nullptr || field->is_repeated()) {
      return UnknownParameter(name, *request_->GetDescriptor());
    }
    message = message->GetReflection()->MutableMessage(message, field);
    path += field->json_name() + ".";
  }
  const FieldDescriptor* const field = FindField(*message->GetDescriptor(), rest);
  if (field == nullptr || !IsParameter(*field)) {
    return UnknownParameter(name, *request_->GetDescriptor());
  }
  if (!field->is_repeated() && !filled_.insert(path + field->json_name()).second) {
    return absl::InvalidArgumentError(
        absl::StrCat("parameter \"", ToAbsl(name), "\" is given twice; give it once"));
  }
  if (ValueSetter(message, *field).Set(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("parameter ", ToAbsl(name), ": \"", ToAbsl(value),
                                                 "\" will not do; it takes ", Takes(*field)));
}

absl::Status RequestFiller::Fill(const std::vector<QueryParameter>& parameters) {
  for (const QueryParameter& parameter : parameters) {
    absl::Status status = Fill(parameter.name, parameter.value);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

const FieldDescriptor* FindField(const Descriptor& type, std::string_view name) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    if (name == field->name() || name == field->json_name()) return field;
  }
  return nullptr;
}

std::vector<ParameterField> ParameterFields(const Descriptor& type) {
  std::vector<ParameterField> parameters;
  AddParameterFields(type, "", &parameters);
  return parameters;
}

std::string ShortName(const EnumValueDescriptor& value) {
  // RESULT_FORMAT_ before the values of ResultFormat, as Buf's rules want it.
  std::string prefix;
  for (char c : value.type()->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  prefix += '_';
  const bool has_prefix = absl::StartsWith(value.name(), prefix);
  return absl::AsciiStrToLower(has_prefix ? value.name().substr(prefix.size()) : value.name());
}

}  // namespace silhouette
