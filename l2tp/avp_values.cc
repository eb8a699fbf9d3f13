// SPDX-License-Identifier: GPL-2.0-or-later
#include "l2tp/avp_values.h"

#include "base/text.h"
#include "base/wire_reader.h"

namespace sallyport::l2tp {

uint16_t AvpValues::U16(AttributeType type) const { return WireReader(Bytes(type)).U16(); }

uint32_t AvpValues::U32(AttributeType type) const { return WireReader(Bytes(type)).U32(); }

std::string AvpValues::Text(AttributeType type) const { return PrintableText(Bytes(type)); }

}  // namespace sallyport::l2tp
